import assert from 'node:assert/strict';
import type { Messaging } from '../contract.ts';
import {
  assertFails,
  assertNothing,
  bytes,
  eventually,
  lettingLeasesEnd,
  patience,
  take,
  takeText,
  textsOf,
  type CheckDefinition,
} from './check.ts';

/** Messages that went to the dead letter of a group, in their order. */
async function bury(messages: Messaging, group: string, texts: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const text of texts) {
    ids.push(await messages.publish('topic', bytes(text), { key: text, headers: [['n', text]] }));
    await messages.dead((await takeText(messages, group, text)).receipt, `reason ${text}`);
  }
  return ids;
}

async function deadTexts(messages: Messaging, group: string): Promise<string[]> {
  return textsOf((await messages.deadLetters(group)).letters);
}

export const deadChecks: readonly CheckDefinition[] = [
  {
    name: 'a message that was not done after so many attempts is dead on arrival, and no member sees it again',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open({ attempts: 2, backoff: '1ms' });
      await messages.subscribe('group', ['>']);
      const id = await messages.publish('topic', bytes('poison'));
      for (const attempt of [1, 2]) {
        const delivery = await take(messages, 'group');
        assert.equal(delivery.attempt, attempt);
        await messages.nack(delivery.receipt);
      }
      await messages.publish('topic', bytes('good'));
      await takeText(messages, 'group', 'good');
      await assertNothing(messages, 'group', 'the spent message');
      const { letters } = await messages.deadLetters('group');
      assert.deepEqual(
        letters.map(({ id: found, reason }) => [found, reason]),
        [[id, 'not done after 2 attempts']],
      );
    },
  },
  {
    name: 'attempts whose consumer fell silent count',
    needs: ['groups', 'dead-letters'],
    run: lettingLeasesEnd(async ({ open, afterLease }) => {
      const messages = await open({ attempts: 2 });
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('kills'));
      for (const attempt of [1, 2]) assert.equal((await take(messages, 'group')).attempt, attempt);
      await eventually('it is dead', async () => {
        assert.deepEqual(await messages.receive('group', { wait: afterLease }), []);
        return (await deadTexts(messages, 'group')).length > 0;
      });
      assert.deepEqual(await deadTexts(messages, 'group'), ['kills']);
    }),
  },
  {
    name: 'a receive may say how many attempts it grants',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open({ attempts: 5 });
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('once'));
      await messages.nack((await take(messages, 'group')).receipt, { delay: 0 });
      assert.deepEqual(await messages.receive('group', { attempts: 1, wait: 100 }), []);
      assert.deepEqual(await deadTexts(messages, 'group'), ['once']);
    },
  },
  {
    name: 'dead letters are shown whole, a page at a time, the oldest first',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.subscribe('other', ['nothing']);
      const before = Date.now();
      const ids = await bury(messages, 'group', ['1', '2', '3', '4', '5']);
      const [first] = (await messages.deadLetters('group')).letters;
      assert.ok(first !== undefined && first.at >= before && first.at <= Date.now());
      const { body, at: _at, ...rest } = first;
      const headers = [['n', '1']];
      const expected = { id: ids[0], topic: 'topic', key: '1', headers, attempts: 1, reason: 'reason 1' };
      assert.deepEqual({ ...rest, text: Buffer.from(body).toString() }, { ...expected, text: '1' });

      const page = await messages.deadLetters('group', { limit: 2 });
      assert.deepEqual(textsOf(page.letters), ['1', '2']);
      // What goes meanwhile hides nothing.
      assert.equal(await messages.purge('group', [ids[0]!]), 1);
      const next = await messages.deadLetters('group', { limit: 2, cursor: page.cursor! });
      assert.deepEqual(textsOf(next.letters), ['3', '4']);
      const last = await messages.deadLetters('group', { limit: 2, cursor: next.cursor! });
      assert.deepEqual([textsOf(last.letters), last.cursor], [['5'], undefined]);
      assert.deepEqual(await deadTexts(messages, 'other'), []);
      await assertFails('invalid-argument', 'cursor', () => messages.deadLetters('group', { cursor: '?' }));
      await assertFails('not-found', 'group', () => messages.deadLetters('none'));
    },
  },
  {
    name: 'dead letters that are sent again begin anew, in their group alone',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.subscribe('other', ['>']);
      const ids = await bury(messages, 'group', ['1', '2', '3']);
      for (let i = 0; i < 3; i++) await messages.ack([(await take(messages, 'other')).receipt]);
      assert.equal(await messages.redrive('group', [ids[1]!, 'no id']), 1);
      const second = await takeText(messages, 'group', '2');
      assert.deepEqual([second.id, second.attempt, second.key], [ids[1], 1, '2']);
      await messages.ack([second.receipt]);
      assert.deepEqual(await deadTexts(messages, 'group'), ['1', '3']);
      const waiting = messages.receive('group', { wait: patience, max: 10 });
      assert.equal(await messages.redrive('group'), 2);
      assert.ok((await waiting).length >= 1, 'it wakes who waits');
      assert.deepEqual(await deadTexts(messages, 'group'), []);
      await assertNothing(messages, 'other', 'what another group sends again');
    },
  },
  {
    name: 'dead letters that are thrown away are gone, the named ones or all',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open();
      for (const group of ['group', 'other']) await messages.subscribe(group, ['>']);
      const ids = await bury(messages, 'group', ['1', '2', '3']);
      await messages.dead((await take(messages, 'other')).receipt, 'too');
      assert.equal(await messages.purge('group', [ids[0]!, ids[2]!, 'no id']), 2);
      assert.deepEqual(await deadTexts(messages, 'group'), ['2']);
      assert.equal(await messages.purge('group'), 1);
      assert.equal(await messages.purge('group'), 0);
      assert.equal((await deadTexts(messages, 'other')).length, 1);
      await assertNothing(messages, 'group', 'what was thrown away');
    },
  },
  {
    name: 'what a group has is counted: what waits, what is out, and what is dead',
    needs: ['groups', 'dead-letters'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      assert.deepEqual(await messages.count('group'), { waiting: 0, leased: 0, dead: 0 });
      await bury(messages, 'group', ['dead']);
      for (const text of ['1', '2', '3']) await messages.publish('topic', bytes(text));
      await messages.ack([(await take(messages, 'group')).receipt]);
      await take(messages, 'group');
      assert.deepEqual(await messages.count('group'), { waiting: 1, leased: 1, dead: 1 });
      await assertFails('not-found', 'group', () => messages.count('none'));
    },
  },
];
