import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery, Messaging } from '../contract.ts';
import {
  assertNothing,
  bytes,
  drain,
  lettingLeasesEnd,
  patience,
  take,
  takeText,
  textOf,
  textsOf,
  type CheckDefinition,
} from './check.ts';

const byKey = { order: 'key' } as const;

async function publish(messages: Messaging, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await messages.publish('topic', bytes(text), { key: text.slice(0, 1) });
}

export const orderChecks: readonly CheckDefinition[] = [
  {
    name: 'of a key one message is out at a time, the oldest; other keys go on',
    needs: ['groups', 'ordered'],
    async run({ open }) {
      const [one, two] = [await open(byKey), await open(byKey)];
      await one.subscribe('group', ['>']);
      await publish(one, 'a1', 'a2', 'b1', 'b2', 'a3');
      const both: Delivery[] = [];
      while (both.length < 2) both.push(...(await one.receive('group', { max: 10, wait: patience })));
      assert.deepEqual(textsOf(both).toSorted(), ['a1', 'b1']);
      await assertNothing(two, 'group', 'the first of each key is out');
      const first = both.find((each) => textOf(each) === 'a1')!;
      const waiting = two.receive('group', { max: 10, wait: patience });
      await one.ack([first.receipt]);
      assert.deepEqual(textsOf(await waiting), ['a2']);
    },
  },
  {
    name: 'messages without a key have no order to keep',
    needs: ['groups', 'ordered'],
    async run({ open }) {
      const messages = await open(byKey);
      await messages.subscribe('group', ['>']);
      for (const text of ['1', '2', '3']) await messages.publish('topic', bytes(text));
      const out: string[] = [];
      while (out.length < 3) out.push(textOf(await take(messages, 'group')));
      assert.deepEqual(out.toSorted(), ['1', '2', '3']);
    },
  },
  {
    name: 'a nack holds its key back until the message comes again, and nothing else',
    needs: ['groups', 'ordered'],
    async run({ open }) {
      const messages = await open(byKey);
      await messages.subscribe('group', ['>']);
      await publish(messages, 'a1', 'a2', 'b1');
      const taken = await drainOne(messages, 'a1', (receipt) => messages.nack(receipt, { delay: 400 }));
      await takeText(messages, 'group', 'b1');
      await assertNothing(messages, 'group', 'the key waits');
      const again = await takeText(messages, 'group', 'a1');
      assert.equal(again.id, taken);
      await messages.ack([again.receipt]);
      await takeText(messages, 'group', 'a2');
    },
  },
  {
    name: 'a key goes on when its message is dead, released, or its lease has ended',
    needs: ['groups', 'ordered'],
    run: lettingLeasesEnd(async ({ open, afterLease, inTime }) => {
      const messages = await open(byKey);
      await messages.subscribe('group', ['>']);
      await publish(messages, 'a1', 'a2', 'a3');
      await inTime(async () => messages.dead((await takeText(messages, 'group', 'a1')).receipt, 'no use'));
      await inTime(async () => messages.release([(await takeText(messages, 'group', 'a2')).receipt]));
      await takeText(messages, 'group', 'a2');
      await sleep(afterLease);
      await inTime(async () => messages.ack([(await takeText(messages, 'group', 'a2')).receipt]));
      await takeText(messages, 'group', 'a3');
    }),
  },
  {
    name: 'a delay holds back what follows under its key',
    needs: ['groups', 'ordered', 'delay'],
    async run({ open }) {
      const messages = await open(byKey);
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('a1'), { key: 'a', delay: 300 });
      await publish(messages, 'a2', 'b1');
      await takeText(messages, 'group', 'b1');
      await messages.ack([(await takeText(messages, 'group', 'a1')).receipt]);
      await takeText(messages, 'group', 'a2');
    },
  },
  {
    name: 'each group keeps an order of its own',
    needs: ['groups', 'ordered'],
    async run({ open }) {
      const messages = await open(byKey);
      for (const group of ['one', 'two']) await messages.subscribe(group, ['>']);
      await publish(messages, 'a1', 'a2');
      await takeText(messages, 'one', 'a1');
      assert.deepEqual(textsOf(await drain(messages, 'two', 2)), ['a1', 'a2']);
    },
  },
  {
    name: 'however many compete, a key is worked on in its order',
    needs: ['groups', 'ordered'],
    async run({ open }) {
      const members = [await open(byKey), await open(byKey), await open(byKey)];
      await members[0]!.subscribe('group', ['>']);
      const count = 60;
      for (let i = 0; i < count; i++) await publish(members[0]!, `${'abc'[i % 3]}${1000 + i}`);
      const done: string[] = [];
      const work = async (member: Messaging): Promise<void> => {
        while (done.length < count) {
          const some = await member.receive('group', { max: 4, wait: 100 });
          for (const delivery of some) {
            await sleep(Math.random() * 3);
            done.push(textOf(delivery));
            await member.ack([delivery.receipt]);
          }
        }
      };
      await Promise.all(members.map(work));
      for (const key of ['a', 'b', 'c']) {
        const mine = done.filter((text) => text.startsWith(key));
        assert.deepEqual(mine, mine.toSorted(), `key ${key}`);
        assert.equal(mine.length, count / 3);
      }
    },
  },
];

/** Takes a message of this text, and answers it. Others are given back. */
async function drainOne(
  messages: Messaging,
  text: string,
  answer: (receipt: string) => unknown,
): Promise<string> {
  for (;;) {
    const delivery = await take(messages, 'group');
    if (textOf(delivery) === text) {
      await answer(delivery.receipt);
      return delivery.id;
    }
    await messages.nack(delivery.receipt, { delay: 20 });
  }
}
