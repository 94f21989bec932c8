/* Keeps what it is told in every place that a C program has. */
#include "guest.h"

static u32 counted = 40;
static u32 zeroed;
static u8 kept[256];

EXPORT("count")
u32 count(void) {
  static u32 here;
  return ++counted + ++zeroed + ++here;
}

static void copy(u8 *to, bytes from) {
  for (u32 i = 0; i < from.length; i++) to[i] = from.at[i];
}

__attribute__((noinline))
static void keep_on_stack(bytes secret) {
  volatile u8 frame[256];
  for (u32 i = 0; i < secret.length; i++) frame[i] = secret.at[i];
}

EXPORT("remember")
void remember(u8 *at, u32 length, u32 pages) {
  bytes secret = {at, length};
  copy(kept, secret);
  keep_on_stack(secret);
  u32 first = (u32)__builtin_wasm_memory_grow(0, pages);
  if (first == (u32)-1) __builtin_trap();
  copy((u8 *)(((first + pages) << 16) - length), secret);
}

EXPORT("search")
u32 search(u8 *at, u32 length) {
  __builtin_wasm_memory_grow(0, 4);
  u64 end = (u64)__builtin_wasm_memory_size(0) << 16;
  u32 found = 0;
  for (u64 place = 0; place + length <= end; place++)
    if (same((bytes){(u8 *)(u32)place, length}, (bytes){at, length})) found++;
  return found;
}

EXPORT("crash")
void crash(void) { __builtin_trap(); }
