/* Does one thing on the instances "bench" again and again, for benchmarks: /get/COUNT reads a key, /publish/COUNT publishes a
   message, /acquire/COUNT/NAME takes a lock and lets go of it. Answered with how often it went well. */
#include "http.h"

#define KEYVALUE "spiderlightning:cloud/keyvalue@0.6.0"
#define MESSAGING "spiderlightning:cloud/messaging@0.6.0"
#define LOCKS "spiderlightning:cloud/locks@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 handle; error error; }; } open_result;
typedef struct { u8 failed; union { struct { u8 found; bytes value; }; error error; }; } get_result;
typedef struct { u8 failed; union { bytes text; error error; }; } text_result;
typedef struct { u8 failed; union { struct { u8 granted; u32 lease; }; error error; }; } acquire_result;
typedef struct { u8 failed; error error; } unit_result;

IMPORT(KEYVALUE, "[static]store.open") void store_open(u8 *name, u32 length, open_result *result);
IMPORT(KEYVALUE, "[method]store.get") void store_get(u32 store, u8 *key, u32 length, get_result *result);
IMPORT(KEYVALUE, "[resource-drop]store") void store_drop(u32 store);

IMPORT(MESSAGING, "[static]messages.open") void messages_open(u8 *name, u32 length, open_result *result);
IMPORT(MESSAGING, "[method]messages.publish")
void messages_publish(u32 messages, u8 *topic, u32 topic_length, u8 *body, u32 body_length, u32 has_options,
                      header *headers, u32 header_count, u32 has_key, u8 *key, u32 key_length, u32 has_delay,
                      u64 delay_ms, u32 has_id, u8 *id, u32 id_length, text_result *result);
IMPORT(MESSAGING, "[resource-drop]messages") void messages_drop(u32 messages);

IMPORT(LOCKS, "[static]locks.open") void locks_open(u8 *name, u32 length, open_result *result);
IMPORT(LOCKS, "[method]locks.acquire")
void locks_acquire(u32 locks, u8 *name, u32 length, u64 ttl_ms, u64 wait_ms, acquire_result *result);
IMPORT(LOCKS, "[method]lease.release") void lease_release(u32 lease, unit_result *result);
IMPORT(LOCKS, "[resource-drop]lease") void lease_drop(u32 lease);
IMPORT(LOCKS, "[resource-drop]locks") void locks_drop(u32 locks);

enum { TTL = 30000 };

static response fail(error failure) { return (response){500, {0, 0}, failure.message}; }
static response done(u64 count) { return (response){200, {0, 0}, decimal(count)}; }

static response get(u32 count) {
  bytes name = TEXT("bench"), key = TEXT("orders/000012345");
  open_result opened;
  store_open(name.at, name.length, &opened);
  if (opened.failed) return fail(opened.error);
  u64 found = 0;
  for (u32 turn = 0; turn < count; turn++) {
    get_result got;
    store_get(opened.handle, key.at, key.length, &got);
    if (got.failed) return fail(got.error);
    found += got.found;
  }
  store_drop(opened.handle);
  return done(found);
}

static response publish(u32 count) {
  bytes name = TEXT("bench"), topic = TEXT("orders.created"), body = TEXT("{\"order\":\"000012345\",\"status\":\"new\"}");
  open_result opened;
  messages_open(name.at, name.length, &opened);
  if (opened.failed) return fail(opened.error);
  for (u32 turn = 0; turn < count; turn++) {
    text_result published;
    messages_publish(opened.handle, topic.at, topic.length, body.at, body.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, &published);
    if (published.failed) return fail(published.error);
  }
  messages_drop(opened.handle);
  return done(count);
}

static response acquire(u32 count, bytes lock) {
  bytes name = TEXT("bench");
  open_result opened;
  locks_open(name.at, name.length, &opened);
  if (opened.failed) return fail(opened.error);
  u64 held = 0;
  for (u32 turn = 0; turn < count; turn++) {
    acquire_result acquired;
    locks_acquire(opened.handle, lock.at, lock.length, TTL, 0, &acquired);
    if (acquired.failed) return fail(acquired.error);
    if (!acquired.granted) continue;
    unit_result released;
    lease_release(acquired.lease, &released);
    if (released.failed) return fail(released.error);
    lease_drop(acquired.lease);
    held++;
  }
  locks_drop(opened.handle);
  return done(held);
}

/* The part of a path that begins at `at`, up to the next slash. */
static bytes part(bytes path, u32 at) {
  u32 end = at;
  while (end < path.length && path.at[end] != '/') end++;
  return (bytes){path.at + at, end - at};
}

response answer(request asked) {
  bytes path = path_of(asked.url), operation = part(path, 1), number = part(path, operation.length + 2);
  u32 count = 0;
  for (u32 at = 0; at < number.length; at++) count = count * 10 + (number.at[at] - '0');
  if (same(operation, TEXT("get"))) return get(count);
  if (same(operation, TEXT("publish"))) return publish(count);
  return acquire(count, part(path, operation.length + number.length + 3));
}
