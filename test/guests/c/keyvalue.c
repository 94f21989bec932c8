/* Answers HTTP from key-value: /STORE/KEY with GET, PUT, DELETE, and POST to count. */
#include "http.h"

#define KEYVALUE "spiderlightning:cloud/keyvalue@0.6.0"

/* An option<fence>, of two texts, as parameters. */
#define FENCE u32 fenced, u8 *lock, u32 lock_length, u8 *token, u32 token_length
#define NO_FENCE 0, 0, 0, 0, 0

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 store; error error; }; } open_result;
typedef struct { u8 failed; union { struct { u8 found; bytes value; }; error error; }; } get_result;
typedef struct { u8 failed; union { bytes value; error error; }; } text_result;
typedef struct { u8 failed; error error; } unit_result;

IMPORT(KEYVALUE, "[static]store.open") void store_open(u8 *name, u32 length, open_result *result);
IMPORT(KEYVALUE, "[method]store.get") void store_get(u32 store, u8 *key, u32 length, get_result *result);
IMPORT(KEYVALUE, "[method]store.set")
void store_set(u32 store, u8 *key, u32 length, u8 *value, u32 value_length, u32 has_options, u32 has_ttl, u64 ttl_ms,
               u32 only_if_absent, FENCE, unit_result *result);
IMPORT(KEYVALUE, "[method]store.delete") void store_delete(u32 store, u8 *key, u32 length, FENCE, unit_result *result);
IMPORT(KEYVALUE, "[method]store.increment")
void store_increment(u32 store, u8 *key, u32 length, s64 delta, FENCE, text_result *result);
IMPORT(KEYVALUE, "[resource-drop]store") void store_drop(u32 store);
IMPORT("spiderlightning:cloud/logging@0.6.0", "log")
void log_line(u32 level, u8 *context, u32 context_length, u8 *message, u32 message_length, header *fields, u32 count);

enum { NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED, PRECONDITION_FAILED, ABORTED,
       UNSUPPORTED, RESOURCE_EXHAUSTED, UNAVAILABLE, TIMEOUT, CANCELLED, INTERNAL };

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

static response explain(error failure) {
  bytes context = TEXT("keyvalue");
  header *field = allocate(sizeof(header), 4);
  *field = (header){TEXT("code"), decimal(failure.code)};
  log_line(3, context.at, context.length, failure.message.at, failure.message.length, field, 1);
  u16 status = failure.code == INVALID_ARGUMENT      ? 400
               : failure.code == PERMISSION_DENIED   ? 403
               : failure.code == PRECONDITION_FAILED ? 412
               : failure.code == UNAVAILABLE         ? 503
               : failure.code == TIMEOUT             ? 504
                                                     : 500;
  return say(status, failure.message);
}

static response serve(u32 store, request asked, bytes key) {
  if (same(asked.method, TEXT("GET"))) {
    get_result got;
    store_get(store, key.at, key.length, &got);
    if (got.failed) return explain(got.error);
    return got.found ? say(200, got.value) : say(404, TEXT("no such key"));
  }
  if (same(asked.method, TEXT("PUT"))) {
    unit_result set;
    store_set(store, key.at, key.length, asked.body.at, asked.body.length, 0, 0, 0, 0, NO_FENCE, &set);
    return set.failed ? explain(set.error) : say(204, TEXT(""));
  }
  if (same(asked.method, TEXT("DELETE"))) {
    unit_result deleted;
    store_delete(store, key.at, key.length, NO_FENCE, &deleted);
    return deleted.failed ? explain(deleted.error) : say(204, TEXT(""));
  }
  if (same(asked.method, TEXT("POST"))) {
    text_result counted;
    store_increment(store, key.at, key.length, 1, NO_FENCE, &counted);
    return counted.failed ? explain(counted.error) : say(200, counted.value);
  }
  return say(405, TEXT("GET, PUT, DELETE or POST"));
}

response answer(request asked) {
  bytes path = path_of(asked.url);
  u32 slash = 1;
  while (slash < path.length && path.at[slash] != '/') slash++;
  if (slash >= path.length) return say(400, TEXT("ask for /STORE/KEY"));
  bytes name = {path.at + 1, slash - 1}, key = {path.at + slash + 1, path.length - slash - 1};
  open_result opened;
  store_open(name.at, name.length, &opened);
  if (opened.failed) return explain(opened.error);
  response served = serve(opened.store, asked, key);
  store_drop(opened.store);
  return served;
}
