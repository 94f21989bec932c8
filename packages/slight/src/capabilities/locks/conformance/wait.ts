import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locks } from '../contract.ts';
import { findViolations, type Holding } from '../history.ts';
import { assertFails, assertTaken, long, take, waitFor, type CheckDefinition } from './check.ts';

/** Takes a lock so many times, and writes down when it had it. */
async function hold(locks: Locks, name: string, times: number, history: Holding[]): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { token } = await waitFor(locks, name);
    const from = performance.now();
    await sleep(Math.random() * 3);
    const until = performance.now();
    await locks.release(name, token);
    history.push({ name, token, from, until });
  }
}

/** Of many who want one lock, and of those who cease to. */
export const waitChecks: readonly CheckDefinition[] = [
  {
    name: 'of many who take turns, no two hold it at once, and tokens grow',
    needs: [],
    async run({ open }) {
      const holders = await Promise.all(Array.from({ length: 6 }, () => open()));
      const history: Holding[] = [];
      await Promise.all(holders.map((each) => hold(each, 'a', 8, history)));
      assert.equal(history.length, 48);
      assert.deepEqual(findViolations(history), []);
    },
  },
  {
    name: 'who waits is not passed over by one who comes back again and again',
    needs: [],
    async run({ open }) {
      const [busy, patient] = [await open(), await open()];
      let { token } = await take(busy, 'a');
      let granted = false;
      const waiting = waitFor(patient, 'a');
      waiting.then(
        () => (granted = true),
        () => undefined,
      );
      await sleep(50);
      for (let turns = 0; !granted; turns++) {
        assert.ok(turns < 50, 'the one who waits was passed over 50 times');
        await busy.release('a', token);
        const next = await busy.acquire('a', long, 200);
        if (next === undefined) break;
        ({ token } = next);
      }
      await patient.release('a', (await waiting).token);
    },
  },
  {
    name: 'a wait that is given up is cancelled, and takes nothing',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const { token } = await take(locks, 'a');
      const controller = new AbortController();
      const waiting = assertFails('cancelled', 'the wait', () =>
        locks.acquire('a', long, 3_000, controller.signal),
      );
      await sleep(50);
      controller.abort();
      await waiting;
      await locks.release('a', token);
      // It would have been the next.
      await sleep(50);
      await take(locks, 'a');
      const aborted = () => locks.acquire('b', long, 0, AbortSignal.abort());
      await assertFails('cancelled', 'who gave up before', aborted);
      await take(locks, 'b');
    },
  },
  {
    name: 'who waited in vain is not in the way of others',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const { token } = await take(locks, 'a');
      assert.equal(await locks.acquire('a', long, 50), undefined);
      await locks.release('a', token);
      await take(locks, 'a');
    },
  },
  {
    name: 'locks that are closed let go of what they hold, and wait no more',
    needs: [],
    async run({ open }) {
      const closed = await open();
      const other = await open();
      await take(closed, 'a');
      await take(other, 'b');
      const waiting = assertFails('cancelled', 'a wait', () => closed.acquire('b', long, 3_000));
      await sleep(50);
      await closed.close();
      await waiting;
      await take(other, 'a');
      await assertTaken(other, 'b', 'after others were closed');
    },
  },
];
