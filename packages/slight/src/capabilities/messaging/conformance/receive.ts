import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  assertFails,
  assertNothing,
  bytes,
  drain,
  ended,
  lettingLeasesEnd,
  longWait,
  patience,
  quiet,
  take,
  takeText,
  textsOf,
  type CheckDefinition,
} from './check.ts';

export const receiveChecks: readonly CheckDefinition[] = [
  {
    name: 'a wait ends when a message comes, from whoever opened the same name',
    needs: ['groups'],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      await one.subscribe('group', ['>']);
      for (const publisher of [one, two]) {
        const waiting = ended(one.receive('group', { wait: longWait }));
        await sleep(20);
        await publisher.publish('topic', bytes('here'));
        const came = await waiting;
        assert.deepEqual(textsOf(came), ['here']);
        await one.ack([came[0]!.receipt]);
      }
    },
  },
  {
    name: 'a wait ends with nothing when it is over, when its signal aborts, and when it is closed',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      assert.deepEqual(await messages.receive('group'), []);
      assert.deepEqual(await messages.receive('group', { wait: 30 }), []);
      const abort = new AbortController();
      const other = await open();
      const ended = Promise.all([
        messages.receive('group', { wait: patience, signal: abort.signal }),
        other.receive('group', { wait: patience }),
      ]);
      abort.abort();
      await other.close();
      // Who waited on would get what comes now.
      const later = sleep(quiet).then(() => messages.publish('topic', bytes('later')));
      const [received] = await Promise.all([ended, later]);
      assert.deepEqual(received, [[], []]);
    },
  },
  {
    name: 'a receive gives what was asked for at most, each message once',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      for (let i = 0; i < 7; i++) await messages.publish('topic', bytes(`${i}`));
      const found: string[] = [];
      for (const max of [undefined, 1, 3, 100]) {
        const some = await messages.receive('group', { ...(max && { max }), wait: 1_000 });
        assert.ok(some.length >= 1 && some.length <= (max ?? 1), `${some.length} of at most ${max}`);
        found.push(...textsOf(some));
      }
      while (found.length < 7) found.push(...textsOf([await take(messages, 'group')]));
      assert.deepEqual(found.toSorted(), ['0', '1', '2', '3', '4', '5', '6']);
      await assertNothing(messages, 'group', 'all are out');
    },
  },
  {
    name: 'what was acked does not come again, also when its lease would have ended',
    needs: ['groups'],
    run: lettingLeasesEnd(async ({ open, afterLease, inTime }) => {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      for (const text of ['1', '2', '3']) await messages.publish('topic', bytes(text));
      const all = await drain(messages, 'group', 3, inTime);
      assert.equal(all.length, 3);
      await sleep(afterLease);
      await assertNothing(messages, 'group', 'after the lease');
    }),
  },
  {
    name: 'a nack brings the same message again, as the next attempt, and not before its delay',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      const id = await messages.publish('topic', bytes('again'), { headers: [['a', 'b']] });
      let delivery = await takeText(messages, 'group', 'again');
      for (const [index, delay] of [0, 150].entries()) {
        assert.deepEqual([delivery.id, delivery.attempt], [id, index + 1]);
        assert.deepEqual(delivery.headers, [['a', 'b']]);
        const at = Date.now();
        await messages.nack(delivery.receipt, { delay });
        const [early] = await messages.receive('group');
        const next = early ?? (await take(messages, 'group'));
        assert.ok(Date.now() - at >= delay, 'before its delay');
        assert.notEqual(next.receipt, delivery.receipt);
        delivery = next;
      }
    },
  },
  {
    name: 'without a delay a nack waits for the backoff, which doubles',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open({ backoff: '100ms' });
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('again'));
      let delivery = await take(messages, 'group');
      for (const least of [100, 200]) {
        const at = Date.now();
        await messages.nack(delivery.receipt);
        delivery = await take(messages, 'group');
        assert.ok(Date.now() - at >= least, `before ${least} ms`);
      }
    },
  },
  {
    name: 'what one group answers is nothing to another',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      for (const group of ['one', 'two', 'three']) await messages.subscribe(group, ['>']);
      const id = await messages.publish('topic', bytes('for all'));
      await messages.nack((await take(messages, 'one')).receipt, { delay: 0 });
      await messages.dead((await take(messages, 'two')).receipt, 'no use');
      const third = await take(messages, 'three');
      assert.deepEqual([third.id, third.attempt], [id, 1]);
      const again = await take(messages, 'one');
      assert.deepEqual([again.id, again.attempt], [id, 2]);
      await messages.ack([third.receipt]);
      await messages.ack([again.receipt]);
      await assertNothing(messages, 'two', 'it is dead there');
    },
  },
  {
    name: 'when a lease ends another member gets the message, and the old receipt is worth nothing',
    needs: ['groups'],
    run: lettingLeasesEnd(async ({ open, lease, inTime }) => {
      const [one, two] = [await open(), await open()];
      await one.subscribe('group', ['>']);
      const id = await one.publish('topic', bytes('forgotten'));
      const first = await inTime(async () => {
        const delivery = await take(one, 'group');
        await assertNothing(two, 'group', 'while the lease lasts');
        return delivery;
      });
      assert.equal(first.lease, lease);
      const second = await take(two, 'group');
      assert.deepEqual([second.id, second.attempt], [id, 2]);
      await inTime(async () => {
        const { receipt } = first;
        await assertFails('precondition-failed', 'nack', () => one.nack(receipt));
        await assertFails('precondition-failed', 'dead', () => one.dead(receipt, 'late'));
        const detail = { expired: [receipt] };
        for (const late of [() => one.ack([receipt]), () => one.extend([receipt])])
          assert.deepEqual((await assertFails('precondition-failed', 'late', late)).detail, detail);
        await one.release([receipt]);
        await two.ack([second.receipt]);
      });
    }),
  },
  {
    name: 'a receipt whose lease has ended is worth nothing, also before somebody else has the message',
    needs: ['groups'],
    run: lettingLeasesEnd(async ({ open, afterLease }) => {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('late'));
      const { receipt } = await take(messages, 'group');
      await sleep(afterLease);
      await assertFails('precondition-failed', 'ack', () => messages.ack([receipt]));
      await takeText(messages, 'group', 'late');
    }),
  },
  {
    name: 'a lease that is extended lasts',
    needs: ['groups'],
    run: lettingLeasesEnd(async ({ open, afterLease, inTime }) => {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('slow'));
      const { receipt } = await inTime(() => take(messages, 'group'));
      for (const end = performance.now() + 2 * afterLease; performance.now() < end;)
        await inTime(async () => {
          assert.deepEqual(textsOf(await messages.receive('group', { wait: 100 })), []);
          await messages.extend([receipt]);
        });
      await inTime(async () => messages.ack([receipt]));
    }),
  },
  {
    name: 'what is released is there at once, and the attempt does not count',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open({ attempts: 1 });
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('untouched'));
      for (let i = 0; i < 3; i++) {
        const { receipt, attempt } = await takeText(messages, 'group', 'untouched');
        assert.equal(attempt, 1);
        await messages.release([receipt, 'no receipt']);
        await messages.release([receipt]);
      }
    },
  },
  {
    name: 'an ack of many settles those that hold, and names the others',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      for (const text of ['1', '2', '3']) await messages.publish('topic', bytes(text));
      const taken: string[] = [];
      for (let i = 0; i < 3; i++) taken.push((await take(messages, 'group')).receipt);
      await messages.ack([taken[1]!]);
      const wrong = ['', 'no receipt', '1.x-y', `${taken[0]}0`, taken[1]!];
      const error = await assertFails('precondition-failed', 'ack', () =>
        messages.ack([taken[0]!, ...wrong, taken[2]!]),
      );
      assert.deepEqual((error.detail as { expired: string[] }).expired.toSorted(), wrong.toSorted());
      for (const receipt of taken)
        await assertFails('precondition-failed', 'it is settled', () => messages.extend([receipt]));
      await messages.ack([]);
    },
  },
];
