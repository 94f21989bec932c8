import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../../../test/servers/server.ts';
import type { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { concurrency, recovers } from './processes.ts';
import { backends, serve } from './servers.ts';

/** Milliseconds; more than all this takes on a busy machine. */
const ttl = 20_000;

/** The same locks near the server, and at the end of a link. */
async function openBoth(t: TestContext, start: () => Promise<TestServer>) {
  const { link, closing, direct, through } = await serve(t, start);
  const open = (bind: string) =>
    openCapability('locks', { name: 'faults', bind, config: {} }, { dataDir: tmpdir(), timeout: 10_000 });
  const far = await open(through);
  closing.push(() => far.close());
  const near = await open(direct);
  closing.push(() => near.close());
  return { link, far, near };
}

async function countFromAsking(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  const { link, far } = await openBoth(t, start);
  const late = 150;
  link.delay(late);
  for (const wait of [0, 5_000]) {
    const grant = (await far.acquire(`job${wait}`, ttl, wait))!;
    // The server took it before the answer was on its way, and counts from then on.
    assert.ok(grant.expires <= Date.now() - late + ttl);
    const renewed = await far.renew(`job${wait}`, grant.token, ttl);
    assert.ok(renewed.expires <= Date.now() - late + ttl);
  }
}

async function cutOff(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  const { link, far, near } = await openBoth(t, start);
  const late = 100;
  // In the middle of each question and each answer, as far as the machine keeps time.
  for (let after = late / 2; after < 10 * late; after += late) {
    const lock = `job${after}`;
    link.delay(late);
    const end = Promise.resolve(far.acquire(lock, ttl, 5_000)).then(
      () => 'granted',
      (error: unknown) => (error as CapabilityError).outcome,
    );
    await sleep(after);
    await link.cut();
    const how = await end;
    const taken = (await near.acquire(lock, ttl, 0)) === undefined;
    assert.match(`${how}, taken: ${taken}`, /^(granted, taken: true|none, taken: false|unknown, .*)$/);
    link.delay(0);
    await link.heal();
    await recovers(() => far.ping());
  }
}

async function competeFromFar(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  const { link, far, near } = await openBoth(t, start);
  link.delay(100);
  let over = false;
  const taking = (async () => {
    while (!over) {
      const grant = await near.acquire('job', ttl, 0);
      if (grant !== undefined) await near.release('job', grant.token);
    }
  })();
  try {
    assert.notEqual(await far.acquire('job', ttl, 10_000), undefined);
  } finally {
    over = true;
    await taking;
  }
}

void suite('locks whose answers are late, or never come', { concurrency }, () => {
  for (const [name, skip, start] of backends) {
    void test(`${name}: a grant whose answer comes late ends no later for that`, { skip }, (t) =>
      countFromAsking(t, start),
    );
    void test(`${name}: who is cut off while it takes a lock hears what came of it`, { skip }, (t) =>
      cutOff(t, start),
    );
    void test(`${name}: who is far gets a lock that one takes again and again who is near`, { skip }, (t) =>
      competeFromFar(t, start),
    );
  }
});
