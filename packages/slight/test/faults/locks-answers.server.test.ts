import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { concurrency, recovers } from './processes.ts';
import { backends, serve } from './servers.ts';

/** Milliseconds; more than all this takes on a busy machine. */
const ttl = 20_000;
const open = async (bind: string) =>
  await openCapability('locks', { name: 'faults', bind, config: {} }, { dataDir: tmpdir(), timeout: 10_000 });

void suite('locks whose answers are late, or never come', { concurrency }, () => {
  for (const [name, skip, start] of backends) {
    void test(`${name}: a grant whose answer comes late ends no later for that`, { skip }, async (t) => {
      const { link, closing, through } = await serve(t, start);
      const locks = await open(through);
      closing.push(() => locks.close());
      const late = 150;
      link.delay(late);
      for (const wait of [0, 5_000]) {
        const grant = (await locks.acquire(`job${wait}`, ttl, wait))!;
        // The server took it before the answer was on its way, and counts from then on.
        assert.ok(grant.expires <= Date.now() - late + ttl);
        const renewed = await locks.renew(`job${wait}`, grant.token, ttl);
        assert.ok(renewed.expires <= Date.now() - late + ttl);
      }
      link.delay(0);
    });

    void test(`${name}: who is cut off while it takes a lock hears what came of it`, { skip }, async (t) => {
      const { link, closing, direct, through } = await serve(t, start);
      const far = await open(through);
      const near = await open(direct);
      closing.push(
        () => far.close(),
        () => near.close(),
      );
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
    });

    void test(
      `${name}: who is far gets a lock that one takes again and again who is near`,
      { skip },
      async (t) => {
        const { link, closing, direct, through } = await serve(t, start);
        const far = await open(through);
        const near = await open(direct);
        closing.push(
          () => far.close(),
          () => near.close(),
        );
        link.delay(100);
        let over = false;
        const taking = (async () => {
          while (!over) {
            const grant = await near.acquire('job', ttl, 0);
            if (grant !== undefined) await near.release('job', grant.token);
          }
        })();
        const grant = await far.acquire('job', ttl, 10_000);
        over = true;
        assert.notEqual(grant, undefined);
        await taking;
        link.delay(0);
      },
    );
  }
});
