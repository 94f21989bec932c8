/* Acquires locks over HTTP: /LOCKS/NAME. GET holds one for as long as it answers, PUT leaves it to the host to let go, POST
   computes for longer than the lock's ttl before it lets go, DELETE lets go twice. The answer is the token. */
#include "http.h"

#define LOCKS "spiderlightning:cloud/locks@0.6.0"

typedef struct { u8 code; bytes message; u8 retryable, outcome; } error;
typedef struct { u8 failed; union { u32 locks; error error; }; } open_result;
typedef struct { u8 failed; union { struct { u8 granted; u32 lease; }; error error; }; } acquire_result;
typedef struct { u8 failed; error error; } unit_result;

IMPORT(LOCKS, "[static]locks.open") void locks_open(u8 *name, u32 length, open_result *result);
IMPORT(LOCKS, "[method]locks.acquire")
void locks_acquire(u32 locks, u8 *name, u32 length, u64 ttl_ms, u64 wait_ms, acquire_result *result);
IMPORT(LOCKS, "[method]lease.token") void lease_token(u32 lease, bytes *result);
IMPORT(LOCKS, "[method]lease.name") void lease_name(u32 lease, bytes *result);
IMPORT(LOCKS, "[method]lease.expires") u64 lease_expires(u32 lease);
IMPORT(LOCKS, "[method]lease.lost") u32 lease_lost(u32 lease);
IMPORT(LOCKS, "[method]lease.renew") void lease_renew(u32 lease, unit_result *result);
IMPORT(LOCKS, "[method]lease.release") void lease_release(u32 lease, unit_result *result);
IMPORT(LOCKS, "[resource-drop]lease") void lease_drop(u32 lease);

/* Milliseconds. */
enum { TTL = 150, WAIT = 5000, COMPUTING = 600 };
enum { PRECONDITION_FAILED = 5 };

static response say(u16 status, bytes body) {
  response said = {status, {0, 0}, body};
  return said;
}

/* Keeps the compiler from leaving the loop out. */
volatile u32 work;

/* A guest of this world has no clock: the host moves the end of a lease that it renews. */
static void compute(u32 lease) {
  u64 until = lease_expires(lease) + COMPUTING;
  while (lease_expires(lease) < until && !lease_lost(lease))
    for (u32 i = 0; i < 5000000; i++) work += i;
}

response answer(request asked) {
  bytes path = path_of(asked.url);
  u32 slash = 1;
  while (slash < path.length && path.at[slash] != '/') slash++;
  if (slash >= path.length) return say(400, TEXT("ask for /LOCKS/NAME"));
  bytes name = {path.at + 1, slash - 1}, lock = {path.at + slash + 1, path.length - slash - 1};
  open_result opened;
  locks_open(name.at, name.length, &opened);
  if (opened.failed) return say(403, opened.error.message);
  acquire_result acquired;
  locks_acquire(opened.locks, lock.at, lock.length, TTL, same(asked.method, TEXT("GET")) ? 0 : WAIT, &acquired);
  if (acquired.failed) return say(400, acquired.error.message);
  if (!acquired.granted) return say(409, TEXT("held by another"));
  u32 lease = acquired.lease;
  bytes token, held;
  lease_token(lease, &token);
  lease_name(lease, &held);
  if (!same(held, lock)) return say(500, held);
  if (same(asked.method, TEXT("PUT"))) return say(200, token);
  if (same(asked.method, TEXT("POST"))) compute(lease);
  if (lease_lost(lease)) return say(500, TEXT("lost"));
  unit_result done;
  lease_renew(lease, &done);
  if (done.failed) return say(500, done.error.message);
  lease_release(lease, &done);
  if (done.failed) return say(500, done.error.message);
  if (same(asked.method, TEXT("DELETE"))) {
    lease_release(lease, &done);
    if (!done.failed || done.error.code != PRECONDITION_FAILED) return say(500, TEXT("it was released twice"));
  }
  lease_drop(lease);
  return say(200, token);
}
