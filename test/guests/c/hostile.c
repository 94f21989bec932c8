/* An HTTP app that breaks every rule it can: each path is one way to misbehave, and `/` behaves. */
#include "http.h"

IMPORT("spiderlightning:cloud/logging@0.6.0", "log")
void log_line(u32 level, u8 *context, u32 context_length, u8 *message, u32 message_length, header *fields, u32 count);
IMPORT("spiderlightning:cloud/keyvalue@0.6.0", "[method]store.get")
void store_get(u32 store, u8 *key, u32 length, void *result);
IMPORT("spiderlightning:cloud/keyvalue@0.6.0", "[resource-drop]store") void store_drop(u32 store);

static volatile u32 zero, sink;
static u32 requests;

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

/* Keeps nothing in memory, so that it is the engine's stack that ends; and cannot be turned into a loop. */
__attribute__((noinline)) static u32 recurse(u32 depth) { return depth == zero - 1 ? 0 : recurse(depth + 1) * 3 + sink; }

/* Asks for the whole address space, touches what it gets, and tells how many pages that was. */
static response grow(void) {
  u32 got = 0;
  for (u32 step = 16384; step > 0; step >>= 1)
    while (__builtin_wasm_memory_grow(0, step) != (u32)-1) got += step;
  u64 end = (u64)__builtin_wasm_memory_size(0) << 16;
  for (u64 at = end - ((u64)got << 16); at < end; at += 65536) *(volatile u8 *)(u32)at = 1;
  return say(200, decimal((u64)__builtin_wasm_memory_size(0)));
}

response answer(request asked) {
  bytes path = path_of(asked.url), ok = TEXT("still here");
  u8 *edge = (u8 *)0xfffffff0;
  requests++;
  if (same(path, TEXT("/"))) return say(200, ok);
  /* More than 1 only where one instance answers several requests. */
  if (same(path, TEXT("/count"))) return say(200, decimal(requests));
  if (same(path, TEXT("/loop"))) for (;;) sink++;
  if (same(path, TEXT("/recurse"))) return say(200, decimal(recurse(0)));
  if (same(path, TEXT("/trap"))) __builtin_trap();
  if (same(path, TEXT("/divide"))) return say(200, decimal(requests / zero));
  if (same(path, TEXT("/grow"))) return grow();
  /* Reads beyond the memory. */
  if (same(path, TEXT("/read"))) return say(200, decimal(*(volatile u32 *)0xfffffff0));
  /* Calls a function that is not there. */
  if (same(path, TEXT("/call"))) ((void (*)(void))zero)();
  /* Hands the host pointers outside its memory, lengths that overflow, text that is none, a level and a handle that
     do not exist. */
  if (same(path, TEXT("/pointer"))) log_line(2, ok.at, ok.length, edge, 64, 0, 0);
  if (same(path, TEXT("/length"))) log_line(2, ok.at, ok.length, ok.at, 0xffffffff, 0, 0);
  if (same(path, TEXT("/fields"))) log_line(2, ok.at, ok.length, ok.at, ok.length, (header *)edge, 0x20000001);
  if (same(path, TEXT("/utf8"))) log_line(2, ok.at, ok.length, (u8 *)"\xff\xfe", 2, 0, 0);
  if (same(path, TEXT("/level"))) log_line(99, ok.at, ok.length, ok.at, ok.length, 0, 0);
  if (same(path, TEXT("/handle"))) store_get(12345, ok.at, ok.length, allocate(32, 8));
  if (same(path, TEXT("/drop"))) store_drop(7);
  /* The same in its answer. */
  if (same(path, TEXT("/answer"))) return say(200, (bytes){edge, 64});
  if (same(path, TEXT("/headers"))) return (response){200, {(header *)1, 1}, ok};
  /* A status that HTTP does not have, and a header that would end the head. */
  if (same(path, TEXT("/status"))) return say(65535, ok);
  if (same(path, TEXT("/header"))) {
    header *bad = allocate(sizeof(header), 4);
    *bad = (header){TEXT("x-evil"), TEXT("a\r\nx-injected: 1")};
    return (response){200, {bad, 1}, ok};
  }
  /* Floods the log for ever. */
  if (same(path, TEXT("/flood"))) for (;;) log_line(2, ok.at, ok.length, ok.at, ok.length, 0, 0);
  return say(404, TEXT("no such misbehaviour"));
}
