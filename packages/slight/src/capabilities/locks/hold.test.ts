import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { openCapability } from '../core/open.ts';
import type { Locks } from './contract.ts';
import { holdLock, type Lease } from './hold.ts';

let tests = 0;

async function open(t: TestContext): Promise<Locks> {
  const bind = { name: 'jobs', bind: 'memory', config: {} };
  const locks = await openCapability('locks', bind, { dataDir: `hold-${tests++}`, timeout: 1_000 });
  t.after(() => locks.close());
  return locks;
}

async function hold(locks: Locks, ttl = 150): Promise<Lease> {
  const lease = await holdLock(locks, 'a', ttl, 0);
  assert.ok(lease !== undefined);
  return lease;
}

function untilLost(lease: Lease): Promise<unknown> {
  return new Promise((resolve) => {
    const { lost } = lease;
    if (lost.aborted) resolve(lost.reason);
    else lost.addEventListener('abort', () => resolve(lost.reason));
  });
}

const isLost = (error: unknown) => error instanceof CapabilityError && error.code === 'precondition-failed';

void test('a lease that is held outlives its ttl, and ends with its release', async (t) => {
  const locks = await open(t);
  const lease = await hold(locks, 1_000);
  const { expires } = lease;
  await sleep(1_500);
  assert.ok(lease.expires > expires, 'nobody renewed it');
  assert.equal(lease.lost.aborted, false);
  assert.equal(await locks.acquire('a', 1_000, 0), undefined);
  await lease.release();
  assert.equal(lease.lost.aborted, false, 'to release is not to lose');
  assert.throws(() => lease.release(), isLost);
  assert.throws(() => lease.renew(), isLost);
  await lease.drop();
  assert.ok((await hold(locks)).token > lease.token);
});

void test('while renewals fail for a time, it is kept', async (t) => {
  const locks = await open(t);
  let failures = 0;
  const flaky: Locks = {
    ...locks,
    renew(...given) {
      if (failures++ < 1) throw new CapabilityError('unavailable', 'nobody answers');
      return locks.renew(...given);
    },
  };
  const lease = await hold(flaky, 1_200);
  await sleep(2_000);
  assert.ok(failures > 1);
  assert.equal(lease.lost.aborted, false);
  await lease.release();
});

for (const [how, renew] of Object.entries({
  'fail at once': () => {
    throw new CapabilityError('unavailable', 'nobody answers');
  },
  'fail late': () => Promise.reject(new CapabilityError('timeout', 'nobody answered')),
  'never come back': () => new Promise<never>(() => undefined),
})) {
  void test(`where renewals ${how}, it is lost when its time is over`, async (t) => {
    const locks = await open(t);
    const lease = await hold({ ...locks, renew });
    const reason = await untilLost(lease);
    assert.ok(isLost(reason), String(reason));
    assert.ok(Date.now() >= lease.expires - 2, 'it was given up before its time');
    assert.throws(() => lease.renew(), isLost);
    assert.throws(() => lease.release(), isLost);
    await lease.drop();
  });
}

void test('of many whose renewals never come back, each is told that it is lost', async (t) => {
  const locks = await open(t);
  const silent: Locks = { ...locks, renew: () => new Promise<never>(() => undefined) };
  const losses: Promise<unknown>[] = [];
  // At different parts of a millisecond, since timers know only whole ones.
  for (let i = 0; i < 200; i++) {
    const lease = await holdLock(silent, `job${i}`, 150, 0);
    losses.push(untilLost(lease!));
    await sleep(1);
  }
  const late = sleep(10_000, 'some were not told', { ref: false });
  assert.notEqual(await Promise.race([Promise.all(losses), late]), 'some were not told');
});

void test('who is told by a renewal that another has it has lost it', async (t) => {
  const locks = await open(t);
  const lease = await hold(locks);
  await locks.release('a', lease.token);
  const next = await locks.acquire('a', 10_000, 0);
  assert.ok(next !== undefined);
  assert.ok(isLost(await untilLost(lease)));
  assert.throws(() => lease.release(), isLost);
  await lease.drop();
  await locks.renew('a', next.token, 10_000);
});

void test('a process that stood still finds out before its timers run', async (t) => {
  const locks = await open(t);
  const lease = await hold(locks);
  for (const end = performance.now() + 300; performance.now() < end;);
  assert.equal(lease.lost.aborted, true);
  assert.throws(() => lease.release(), isLost);
});

void test('an explicit renewal counts from now', async (t) => {
  const locks = await open(t);
  const lease = await hold(locks, 10_000);
  const { expires } = lease;
  await sleep(20);
  await lease.renew();
  assert.ok(lease.expires > expires);
  await lease.release();
});
