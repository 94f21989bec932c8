/* Prints, reads, waits and rolls dice over WASI 0.2. The world is in wasi.wit. */
#include "guest.h"

typedef struct { u8 failed; union { bytes value; struct { u8 kind; u32 error; }; }; } read_result;
typedef struct { u8 failed; u8 kind; u32 error; } write_result;
typedef struct { u8 failed; union { u64 room; struct { u8 kind; u32 error; }; }; } room_result;
typedef struct { u64 seconds; u32 nanoseconds; } datetime;
typedef struct { u64 low, high; } pair;

IMPORT("wasi:cli/environment@0.2.0", "get-environment") void get_environment(bytes *result);
IMPORT("wasi:cli/environment@0.2.0", "get-arguments") void get_arguments(bytes *result);
IMPORT("wasi:cli/exit@0.2.0", "exit") void wasi_exit(u32 failed);
IMPORT("wasi:cli/stdin@0.2.0", "get-stdin") u32 get_stdin(void);
IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") u32 get_stdout(void);
IMPORT("wasi:cli/stderr@0.2.0", "get-stderr") u32 get_stderr(void);
IMPORT("wasi:io/streams@0.2.0", "[method]input-stream.blocking-read")
void blocking_read(u32 stream, u64 length, read_result *result);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.check-write") void check_write(u32 stream, room_result *result);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.write")
void stream_write(u32 stream, u8 *at, u32 length, write_result *result);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
void blocking_write_and_flush(u32 stream, u8 *at, u32 length, write_result *result);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.subscribe") u32 subscribe(u32 stream);
IMPORT("wasi:io/streams@0.2.0", "[resource-drop]input-stream") void input_drop(u32 stream);
IMPORT("wasi:io/streams@0.2.0", "[resource-drop]output-stream") void output_drop(u32 stream);
IMPORT("wasi:io/poll@0.2.0", "[method]pollable.block") void block(u32 pollable);
IMPORT("wasi:io/poll@0.2.0", "poll") void poll(u32 *pollables, u32 count, bytes *result);
IMPORT("wasi:io/poll@0.2.0", "[resource-drop]pollable") void pollable_drop(u32 pollable);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "now") u64 monotonic_now(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "subscribe-duration") u32 subscribe_duration(u64 nanoseconds);
IMPORT("wasi:clocks/wall-clock@0.2.0", "now") void wall_now(datetime *result);
IMPORT("wasi:random/random@0.2.0", "get-random-bytes") void get_random_bytes(u64 length, bytes *result);
IMPORT("wasi:random/insecure-seed@0.2.0", "insecure-seed") void insecure_seed(pair *result);

EXPORT("print") void print(u8 *at, u32 length, u32 chunk) {
  u32 stream = get_stdout();
  while (length > 0) {
    u32 part = length < chunk ? length : chunk;
    write_result written;
    blocking_write_and_flush(stream, at, part, &written);
    if (written.failed) __builtin_trap();
    at += part;
    length -= part;
  }
  output_drop(stream);
  forget_all();
}

EXPORT("complain") void complain(u8 *at, u32 length) {
  u32 stream = get_stderr(), ready = subscribe(stream);
  while (length > 0) {
    room_result room;
    check_write(stream, &room);
    if (room.failed) __builtin_trap();
    if (room.room == 0) {
      block(ready);
      continue;
    }
    u32 part = length < room.room ? length : (u32)room.room;
    write_result written;
    stream_write(stream, at, part, &written);
    if (written.failed) __builtin_trap();
    at += part;
    length -= part;
  }
  pollable_drop(ready);
  output_drop(stream);
  forget_all();
}

/* What an export returns through memory; one call is under way at a time. */
static bytes returned;
static pair returned_pair;

EXPORT("read-all") bytes *read_all(void) {
  u32 stream = get_stdin();
  returned = TEXT("");
  for (;;) {
    read_result got;
    blocking_read(stream, 4096, &got);
    if (got.failed && got.kind == 1) break;
    if (got.failed) __builtin_trap();
    returned = join(returned, got.value);
  }
  input_drop(stream);
  return &returned;
}

EXPORT("environment") bytes *environment(void) {
  get_environment(&returned);
  return &returned;
}

EXPORT("arguments") bytes *arguments(void) {
  get_arguments(&returned);
  return &returned;
}

EXPORT("monotonic") u64 monotonic(void) { return monotonic_now(); }

EXPORT("wall") u64 wall(void) {
  datetime now;
  wall_now(&now);
  return now.nanoseconds < 1000000000 ? now.seconds : 0;
}

EXPORT("sleep") void sleep(u64 milliseconds) {
  u32 timer = subscribe_duration(milliseconds * 1000000);
  block(timer);
  pollable_drop(timer);
}

EXPORT("first-of") bytes *first_of(u64 *milliseconds, u32 count) {
  u32 *timers = allocate(count * sizeof(u32), 4);
  for (u32 i = 0; i < count; i++) timers[i] = subscribe_duration(milliseconds[i] * 1000000);
  poll(timers, count, &returned);
  for (u32 i = 0; i < count; i++) pollable_drop(timers[i]);
  return &returned;
}

EXPORT("random") bytes *random(u64 length) {
  get_random_bytes(length, &returned);
  return &returned;
}

EXPORT("seed") pair *seed(void) {
  insecure_seed(&returned_pair);
  return &returned_pair;
}

EXPORT("quit") void quit(u32 well) { wasi_exit(!well); }

EXPORT("cabi_post_read-all") void post_read_all(bytes *result) { (void)result, forget_all(); }
EXPORT("cabi_post_environment") void post_environment(bytes *result) { (void)result, forget_all(); }
EXPORT("cabi_post_arguments") void post_arguments(bytes *result) { (void)result, forget_all(); }
EXPORT("cabi_post_first-of") void post_first_of(bytes *result) { (void)result, forget_all(); }
EXPORT("cabi_post_random") void post_random(bytes *result) { (void)result, forget_all(); }
