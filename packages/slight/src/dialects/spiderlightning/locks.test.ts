import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../capabilities/core/open.ts';
import type { Locks } from '../../capabilities/locks/contract.ts';
import { namedOpener } from '../../host/openers.ts';
import { locksInterface } from './locks.ts';

let tests = 0;

async function open(t: TestContext): Promise<Locks> {
  const bind = { name: 'jobs', bind: 'memory', config: {} };
  const locks = await openCapability('locks', bind, { dataDir: `dialect-${tests++}`, timeout: 1_000 });
  t.after(() => locks.close());
  return locks;
}

function interfaceOf(locks: Locks) {
  const served = locksInterface(namedOpener('locks', new Map([['jobs', locks]]), '/app/slightfile.toml'));
  return (name: string, ...args: unknown[]) => (served[name] as (...args: unknown[]) => any)(...args);
}

test('a lease is told of as WIT has it, its token as text', async (t) => {
  const locks = await open(t);
  const token = 2n ** 63n - 1n;
  const call = interfaceOf({
    ...locks,
    acquire: () => ({ token, expires: 1_234_567.8 }),
    renew: () => ({ token, expires: Date.now() + 60_000 }),
    release: () => undefined,
  });
  const { val: opened } = call('[static]locks.open', 'jobs');
  const { tag, val: lease } = call('[method]locks.acquire', opened, 'a', 60_000n, 0n);
  assert.equal(tag, 'ok');
  assert.equal(call('[method]lease.name', lease), 'a');
  assert.equal(call('[method]lease.token', lease), '9223372036854775807');
  assert.equal(call('[method]lease.expires', lease), 1_234_567n);
  assert.equal(call('[method]lease.lost', lease), true, 'it ended in 1970');
  const { val } = call('[method]lease.release', lease);
  assert.equal(val.code, 'precondition-failed');
});

test('what another holds is none, and an error a record', async (t) => {
  const locks = await open(t);
  const call = interfaceOf(locks);
  const { val: opened } = call('[static]locks.open', 'jobs');
  const acquire = (name: string, ttl = 60_000n) => call('[method]locks.acquire', opened, name, ttl, 0n);
  const { val: lease } = acquire('a');
  assert.deepEqual(acquire('a'), { tag: 'ok', val: undefined });
  assert.deepEqual(call('[method]lease.renew', lease), { tag: 'ok' });
  assert.deepEqual(call('[method]lease.release', lease), { tag: 'ok' });
  assert.equal(call('[method]lease.release', lease).val.code, 'precondition-failed');
  assert.equal(acquire('', 60_000n).val.code, 'invalid-argument');
  assert.equal(acquire('a', 1n).val.code, 'invalid-argument');
  assert.match(call('[static]locks.open', 'other').val.message, /slightfile\.toml: other = "sqlite"$/);
});

test('to drop a lease releases it, and to drop the locks all of theirs', async (t) => {
  const locks = await open(t);
  const call = interfaceOf(locks);
  const { val: opened } = call('[static]locks.open', 'jobs');
  const acquire = (name: string) => call('[method]locks.acquire', opened, name, 60_000n, 0n).val;
  const lease = acquire('a');
  acquire('b');
  assert.equal(locks.acquire('a', 1_000, 0), undefined);
  call('[drop]lease', lease);
  call('[drop]lease', lease);
  assert.notEqual(await locks.acquire('a', 1_000, 0), undefined);
  assert.equal(locks.acquire('b', 1_000, 0), undefined);
  await call('[drop]locks', opened);
  assert.notEqual(await locks.acquire('b', 1_000, 0), undefined);
});

test('a guest that is gone waits no more', async (t) => {
  const locks = await open(t);
  const call = interfaceOf(locks);
  const held = (await locks.acquire('a', 60_000, 0))!;
  const { val: opened } = call('[static]locks.open', 'jobs');
  const answer = call('[method]locks.acquire', opened, 'a', 60_000n, 20_000n);
  call('[drop]locks', opened);
  assert.equal((await answer).val.code, 'cancelled');
  await locks.release('a', held.token);
  assert.notEqual(await locks.acquire('a', 1_000, 0), undefined);
});

test('a lease that comes when its guest is gone is given back', async (t) => {
  const locks = await open(t);
  const late = Promise.withResolvers<void>();
  const call = interfaceOf({
    ...locks,
    async acquire(name, ttl) {
      await late.promise;
      return locks.acquire(name, ttl, 0);
    },
  });
  const { val: opened } = call('[static]locks.open', 'jobs');
  const answer = call('[method]locks.acquire', opened, 'a', 60_000n, 0n);
  call('[drop]locks', opened);
  late.resolve();
  await answer;
  assert.notEqual(await locks.acquire('a', 1_000, 0), undefined);
});
