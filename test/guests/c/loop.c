/* Reads one key of the store "bench" again and again: /COUNT, answered with the bytes read in all. For benchmarks. */
#include "http.h"

#define KEYVALUE "spiderlightning:cloud/keyvalue@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 store; error error; }; } open_result;
typedef struct { u8 failed; union { struct { u8 found; bytes value; }; error error; }; } get_result;

IMPORT(KEYVALUE, "[static]store.open") void store_open(u8 *name, u32 length, open_result *result);
IMPORT(KEYVALUE, "[method]store.get") void store_get(u32 store, u8 *key, u32 length, get_result *result);
IMPORT(KEYVALUE, "[resource-drop]store") void store_drop(u32 store);

static response fail(error failure) { return (response){500, {0, 0}, failure.message}; }

response answer(request asked) {
  bytes path = path_of(asked.url), name = TEXT("bench"), key = TEXT("orders/000012345");
  u32 count = 0;
  for (u32 at = 1; at < path.length; at++) count = count * 10 + (path.at[at] - '0');
  open_result opened;
  store_open(name.at, name.length, &opened);
  if (opened.failed) return fail(opened.error);
  u64 sum = 0;
  for (u32 turn = 0; turn < count; turn++) {
    get_result got;
    store_get(opened.store, key.at, key.length, &got);
    if (got.failed) return fail(got.error);
    if (got.found) sum += got.value.length;
  }
  store_drop(opened.store);
  return (response){200, {0, 0}, decimal(sum)};
}
