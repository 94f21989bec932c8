/* A core module by itself, without a component around it: system calls and a store by plain imports. */
#include "guest.h"

IMPORT("wasi_snapshot_preview1", "fd_write")
u32 fd_write(u32 fd, const bytes *parts, u32 count, u32 *written);
/* Writes where the value lies, which the host has allocated, to `value`. */
IMPORT("store", "get") u32 store_get(const u8 *key, u32 length, bytes *value);

static u32 calls;
static bytes answer;

static void print(bytes line) {
  bytes parts[] = {line, TEXT("\n")};
  u32 written;
  if (fd_write(1, parts, 2, &written) != 0 || written != line.length + 1) __builtin_trap();
}

EXPORT("count") u32 count(void) { return ++calls; }

/* Prints the key, and answers with its value and how many calls there were; the caller frees nothing. */
EXPORT("look-up") const bytes *look_up(u8 *key, u32 length) {
  bytes value = {0, 0};
  print((bytes){key, length});
  u32 error = store_get(key, length, &value);
  bytes found = error == 0 ? value : TEXT("nothing");
  answer = join(join(found, TEXT(" in call ")), decimal(++calls));
  return &answer;
}

EXPORT("forget") void forget(void) { forget_all(); }
EXPORT("spin") void spin(void) {
  for (;;) calls++;
}
EXPORT("crash") void crash(void) { __builtin_trap(); }
