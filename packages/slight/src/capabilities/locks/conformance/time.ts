import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertFails, assertTaken, long, short, take, waitFor, type CheckDefinition } from './check.ts';

/** Of expiry and renewal. */
export const timeChecks: readonly CheckDefinition[] = [
  {
    name: 'a grant that is not renewed ends, and the next one has a higher token',
    needs: [],
    async run({ open, past }) {
      const one = await open();
      const two = await open();
      const grant = await take(one, 'a', short);
      await assertTaken(two, 'a', 'before it ended');
      await past(grant.expires);
      const { token } = await waitFor(two, 'a');
      assert.ok(token > grant.token, `${token} after ${grant.token}`);
    },
  },
  {
    name: 'what has expired is not released, whether or not another has it by now',
    needs: [],
    async run({ open, past }) {
      const locks = await open();
      const { token, expires } = await take(locks, 'a', short);
      await past(expires);
      await assertFails('precondition-failed', 'a late release', () => locks.release('a', token));
      await take(locks, 'a');
      await assertFails('precondition-failed', 'a release after that', () => locks.release('a', token));
      await assertTaken(locks, 'a', 'after a release by its last holder');
    },
  },
  {
    name: 'what has expired is not renewed, whether or not another has it by now',
    needs: [],
    async run({ open, past }) {
      const locks = await open();
      const { token, expires } = await take(locks, 'a', short);
      await past(expires);
      await assertFails('precondition-failed', 'a late renewal', () => locks.renew('a', token, long));
      const next = await take(locks, 'a', short);
      await assertFails('precondition-failed', 'a renewal after that', () => locks.renew('a', token, long));
      await past(next.expires);
      await waitFor(locks, 'a');
    },
  },
  {
    name: 'a renewal keeps it for its ttl from then on, with the same token',
    needs: [],
    async run({ open, past }) {
      const locks = await open();
      const first = await take(locks, 'a', short);
      const before = Date.now();
      const renewed = await locks.renew('a', first.token, long);
      assert.equal(renewed.token, first.token);
      assert.ok(renewed.expires >= before + long - 2, `it ends in ${renewed.expires - before} ms`);
      await past(first.expires);
      await assertTaken(locks, 'a', 'after its first end');
      await locks.release('a', first.token);
      await take(locks, 'a');
    },
  },
  {
    name: 'a renewal may shorten it',
    needs: [],
    async run({ open, past }) {
      const locks = await open();
      const { token } = await take(locks, 'a', long);
      const { expires } = await locks.renew('a', token, short);
      await past(expires);
      await assertFails('precondition-failed', 'a release', () => locks.release('a', token));
      await take(locks, 'a');
    },
  },
  {
    name: 'a wait in vain ends when it is over, with nothing',
    needs: [],
    async run({ open }) {
      const locks = await open();
      await take(locks, 'a');
      const began = performance.now();
      assert.equal(await locks.acquire('a', long, 500), undefined);
      const took = performance.now() - began;
      assert.ok(took > 400, `it ended after ${took} ms`);
    },
  },
  {
    name: 'who waits gets it when it is released',
    needs: [],
    async run({ open }) {
      const one = await open();
      const two = await open();
      const { token } = await take(one, 'a');
      const waiting = waitFor(two, 'a');
      await sleep(100);
      await one.release('a', token);
      const next = await waiting;
      assert.ok(next.token > token);
      await assertTaken(one, 'a', 'after who waited had it');
      await two.release('a', next.token);
    },
  },
  {
    name: 'who waits gets it when it expires, and not while it is renewed',
    needs: [],
    async run({ open }) {
      const one = await open();
      const two = await open();
      const ttl = 3 * short;
      const { token } = await take(one, 'a', ttl);
      let granted = false;
      const waiting = waitFor(two, 'a');
      waiting.then(
        () => (granted = true),
        () => undefined,
      );
      let last = 0;
      for (let i = 0; i < 8; i++) {
        ({ expires: last } = await one.renew('a', token, ttl));
        await sleep(short / 2);
        assert.ok(!granted || Date.now() > last, 'it was granted while it was held');
      }
      await waiting;
      assert.ok(Date.now() >= last - 2, 'it was granted before it had expired');
    },
  },
  {
    name: 'a ttl or a wait that cannot be is invalid-argument, and takes nothing',
    needs: [],
    async run({ open }) {
      const locks = await open();
      for (const ttl of [0, -1, 99, 24 * 3_600_000 + 1, Number.NaN, Infinity])
        await assertFails('invalid-argument', `a ttl of ${ttl}`, () => locks.acquire('a', ttl, 0));
      for (const wait of [-1, Number.NaN])
        await assertFails('invalid-argument', `a wait of ${wait}`, () => locks.acquire('a', long, wait));
      const { token } = await take(locks, 'a');
      await assertFails('invalid-argument', 'a renewal for no time', () => locks.renew('a', token, 0));
      await locks.release('a', token);
    },
  },
];
