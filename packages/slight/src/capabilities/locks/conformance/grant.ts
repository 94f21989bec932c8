import assert from 'node:assert/strict';
import { assertFails, assertTaken, long, take, type CheckDefinition } from './check.ts';

/** Of what is granted, and what is let go. */
export const grantChecks: readonly CheckDefinition[] = [
  {
    name: 'a lock that is free is granted, with a token and the time when it ends',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const before = Date.now();
      const { token, expires } = await take(locks, 'a');
      assert.equal(typeof token, 'bigint');
      assert.ok(token > 0n && token < 2n ** 63n, `the token is ${token}`);
      // A clock of milliseconds, and servers that know seconds only.
      assert.ok(expires >= before + long - 2, `it ends ${expires - before} ms after it was asked for`);
      assert.ok(expires <= Date.now() + 2 * long, `it ends in ${expires - Date.now()} ms`);
    },
  },
  {
    name: 'a lock that is held is granted to nobody else, until it is released',
    needs: [],
    async run({ open }) {
      const one = await open();
      const two = await open();
      const grant = await take(one, 'a');
      await assertTaken(one, 'a', 'by the same locks');
      await assertTaken(two, 'a', 'by locks that were opened again');
      await one.release('a', grant.token);
      await take(two, 'a');
      await assertTaken(one, 'a', 'after it changed hands');
    },
  },
  {
    name: 'of many who ask at once, one gets it',
    needs: [],
    async run({ open }) {
      const locks = await Promise.all(Array.from({ length: 8 }, () => open()));
      for (let round = 0; round < 10; round++) {
        const answers = await Promise.all(locks.map(async (each) => each.acquire('a', long, 0)));
        const granted = answers.filter((each) => each !== undefined);
        assert.equal(granted.length, 1, `round ${round}`);
        await locks[0]!.release('a', granted[0]!.token);
      }
    },
  },
  {
    name: 'tokens grow from grant to grant, also when everything was closed meanwhile',
    needs: [],
    async run({ open, closeAll }) {
      let last = 0n;
      for (let round = 0; round < 3; round++) {
        const locks = await open();
        for (let i = 0; i < 3; i++) {
          const { token } = await take(locks, 'a');
          assert.ok(token > last, `${token} after ${last}`);
          last = token;
          await locks.release('a', token);
        }
        await closeAll();
      }
    },
  },
  {
    name: 'who has the token lets go of it, and nobody else does',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const { token } = await take(locks, 'a');
      const other = await take(locks, 'b');
      for (const wrong of [token - 1n, token + 1n, other.token + 1n])
        await assertFails('precondition-failed', `a release with ${wrong}`, () => locks.release('a', wrong));
      await assertFails('precondition-failed', 'a release with the token of another lock', () =>
        locks.release('a', other.token),
      );
      await assertFails('precondition-failed', 'a renewal with a wrong token', () =>
        locks.renew('a', token + 1n, long),
      );
      await assertTaken(locks, 'a', 'after releases with wrong tokens');
      await (await open()).release('a', token);
      await take(locks, 'a');
    },
  },
  {
    name: 'what was released is neither released nor renewed again',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const { token } = await take(locks, 'a');
      await locks.release('a', token);
      const again = () =>
        Promise.all([
          assertFails('precondition-failed', 'a second release', () => locks.release('a', token)),
          assertFails('precondition-failed', 'a renewal', () => locks.renew('a', token, long)),
        ]);
      await again();
      await take(locks, 'a');
      await again();
      await assertTaken(locks, 'a', 'after a release by its last holder');
    },
  },
  {
    name: 'what nobody ever held is neither released nor renewed',
    needs: [],
    async run({ open }) {
      const locks = await open();
      await assertFails('precondition-failed', 'a release', () => locks.release('a', 1n));
      await assertFails('precondition-failed', 'a renewal', () => locks.renew('a', 1n, long));
      await take(locks, 'a');
    },
  },
  {
    name: 'what is held survives a restart of the server, and tokens go on from there',
    needs: ['durable-server'],
    async run({ open, restart }) {
      const before = await open();
      const kept = await take(before, 'kept');
      const released = await take(before, 'released');
      await before.release('released', released.token);
      await restart();
      const after = await open();
      await assertTaken(after, 'kept', 'after a restart');
      await after.renew('kept', kept.token, long);
      const next = await take(after, 'released');
      assert.ok(next.token > released.token, `${next.token} after ${released.token}`);
    },
  },
];
