import assert from 'node:assert/strict';
import {
  assertFails,
  assertNothing,
  bytes,
  drain,
  patience,
  take,
  textsOf,
  type CheckDefinition,
} from './check.ts';

export const publishOptionChecks: readonly CheckDefinition[] = [
  {
    name: 'a delayed message comes, and not before',
    needs: ['groups', 'delay'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      const at = Date.now();
      const waiting = messages.receive('group', { wait: patience });
      await messages.publish('topic', bytes('later'), { delay: 250 });
      assert.deepEqual(textsOf(await waiting), ['later']);
      assert.ok(Date.now() - at >= 250, 'before its delay');
      for (const delay of [-1, Number.NaN, 366 * 24 * 3_600_000])
        await assertFails('invalid-argument', `${delay}`, () => messages.publish('a', bytes(''), { delay }));
    },
  },
  {
    name: 'a message that waits does not hide those that are due',
    needs: ['groups', 'delay'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('later'), { delay: 60_000 });
      await messages.publish('topic', bytes('now'));
      assert.deepEqual(textsOf(await drain(messages, 'group', 1)), ['now']);
    },
  },
  {
    name: 'a publish with an id that was there does nothing, whoever repeats it',
    needs: ['groups', 'publish-once'],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      await one.subscribe('group', ['>']);
      const id = 'Auftrag 7/ä';
      assert.equal(await one.publish('topic', bytes('first'), { id }), id);
      assert.equal(await two.publish('other', bytes('second'), { id }), id);
      const [first] = await drain(one, 'group', 1);
      assert.deepEqual([first!.id, textsOf([first!])], [id, ['first']]);
      // Also after it was handled.
      await one.publish('topic', bytes('third'), { id });
      await assertNothing(two, 'group', 'the repeated one');
      await one.publish('topic', bytes('other'), { id: `${id}b` });
      assert.equal((await take(one, 'group')).id, `${id}b`);
    },
  },
  {
    name: 'of publishes with one id at once one counts',
    needs: ['groups', 'publish-once'],
    async run({ open }) {
      const opened = [await open(), await open()];
      await opened[0]!.subscribe('group', ['>']);
      const publishes = Array.from({ length: 10 }, (_, i) =>
        opened[i % 2]!.publish('topic', bytes('one'), { id: 'same' }),
      );
      assert.deepEqual(new Set(await Promise.all(publishes)), new Set(['same']));
      assert.equal((await drain(opened[0]!, 'group', 1)).length, 1);
      await assertNothing(opened[1]!, 'group', 'the others');
    },
  },
  {
    name: "an id is its name's own, and one that cannot be is invalid-argument",
    needs: ['groups', 'publish-once'],
    async run({ open }) {
      const [one, two] = [await open({}, 'one'), await open({}, 'two')];
      for (const messages of [one, two]) {
        await messages.subscribe('group', ['>']);
        await messages.publish('topic', bytes('here'), { id: 'same' });
        assert.equal((await drain(messages, 'group', 1)).length, 1);
      }
      for (const id of ['', 'i'.repeat(129), 'a\nb', '\udc00'])
        await assertFails('invalid-argument', id, () => one.publish('topic', bytes(''), { id }));
    },
  },
];
