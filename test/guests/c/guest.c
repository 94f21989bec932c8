#include "guest.h"

extern u8 __heap_base;

static u32 top;

void *allocate(u32 size, u32 alignment) {
  if (top == 0) top = (u32)&__heap_base;
  u32 start = (top + alignment - 1) & ~(alignment - 1);
  u64 end = (u64)start + size;
  u64 have = (u64)__builtin_wasm_memory_size(0) << 16;
  if (end > have) {
    u64 pages = (end - have + 0xffff) >> 16;
    if (end > 0xffffffffu || __builtin_wasm_memory_grow(0, (u32)pages) == (u32)-1) __builtin_trap();
  }
  top = (u32)end;
  return (void *)start;
}

void forget_all(void) { top = (u32)&__heap_base; }

/* The compiler may call these two by itself. */
void *memcpy(void *to, const void *from, unsigned long size) {
  u8 *target = to;
  const u8 *source = from;
  while (size--) *target++ = *source++;
  return to;
}

void *memset(void *to, int value, unsigned long size) {
  u8 *target = to;
  while (size--) *target++ = (u8)value;
  return to;
}

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, u32 old_size, u32 alignment, u32 size) {
  if (size == 0) return (void *)alignment;
  void *place = allocate(size, alignment);
  if (old_size > 0) memcpy(place, old, old_size < size ? old_size : size);
  return place;
}

int same(bytes one, bytes other) { return one.length == other.length && starts(one, other); }

int starts(bytes text, bytes with) {
  if (text.length < with.length) return 0;
  for (u32 i = 0; i < with.length; i++)
    if (text.at[i] != with.at[i]) return 0;
  return 1;
}

bytes join(bytes one, bytes other) {
  u8 *place = allocate(one.length + other.length, 1);
  memcpy(place, one.at, one.length);
  memcpy(place + one.length, other.at, other.length);
  return (bytes){place, one.length + other.length};
}

bytes decimal(u64 number) {
  u8 *place = allocate(20, 1);
  u32 start = 20;
  do place[--start] = '0' + number % 10;
  while (number /= 10);
  return (bytes){place + start, 20 - start};
}
