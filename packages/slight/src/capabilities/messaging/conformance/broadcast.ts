import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listener, Message } from '../contract.ts';
import {
  assertFails,
  assertNothing,
  bytes,
  ended,
  longWait,
  patience,
  quiet,
  take,
  textsOf,
  type CheckDefinition,
} from './check.ts';

async function hear(listener: Listener, count: number): Promise<Message[]> {
  const all: Message[] = [];
  while (all.length < count) {
    const some = await listener.next(10, patience);
    assert.ok(some.length > 0, `${all.length} of ${count} were heard`);
    all.push(...some);
  }
  return all;
}

async function assertSilence(listener: Listener, what: string): Promise<void> {
  assert.deepEqual(textsOf(await listener.next(10, quiet)), [], what);
}

export const broadcastChecks: readonly CheckDefinition[] = [
  {
    name: 'a broadcast is heard by everyone who listens to its topic, once',
    needs: ['broadcast'],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      await one.broadcast('a.b', bytes('before anybody listens'));
      const listeners = [await one.listen(['a.*']), await two.listen(['>']), await two.listen(['x', 'a.b'])];
      const deaf = await one.listen(['b.>']);
      await one.broadcast('a.b', bytes('1'), [['name', 'value']]);
      await two.broadcast('a.b', bytes('2'));
      for (const listener of listeners) {
        const heard = await hear(listener, 2);
        assert.deepEqual(textsOf(heard), ['1', '2']);
        assert.deepEqual([heard[0]!.topic, heard[0]!.headers], ['a.b', [['name', 'value']]]);
        await assertSilence(listener, 'it is heard once');
      }
      await assertSilence(deaf, 'of other topics');
      for (const listener of [...listeners, deaf]) listener.close();
    },
  },
  {
    name: 'a listener gives at most what was asked for, in the order of the sender',
    needs: ['broadcast'],
    async run({ open }) {
      const messages = await open();
      const listener = await messages.listen(['>']);
      for (const text of ['1', '2', '3', '4', '5']) await messages.broadcast('topic', bytes(text));
      const heard: string[] = [];
      while (heard.length < 5) {
        const some = await listener.next(2, patience);
        assert.ok(some.length === 1 || some.length === 2, `${some.length} of at most 2`);
        heard.push(...textsOf(some));
      }
      assert.deepEqual(heard, ['1', '2', '3', '4', '5']);
      listener.close();
    },
  },
  {
    name: 'a broadcast ends a wait; so does to close the listener, and what follows is cancelled',
    needs: ['broadcast'],
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const listener = await one.listen(['>']);
      const waiting = ended(listener.next(1, longWait));
      await sleep(20);
      await two.broadcast('topic', bytes('here'));
      assert.deepEqual(textsOf(await waiting), ['here']);
      const closing = ended(listener.next(1, longWait));
      listener.close();
      assert.deepEqual(await closing, []);
      await assertFails('cancelled', 'next', () => listener.next(1, 0));
    },
  },
  {
    name: 'two may wait on one listener: each broadcast is for one of them, and its end for both',
    needs: ['broadcast'],
    async run({ open }) {
      const messages = await open();
      const listener = await messages.listen(['>']);
      const waiting = [ended(listener.next(1, longWait)), ended(listener.next(1, longWait))];
      await sleep(20);
      await messages.broadcast('topic', bytes('1'));
      await sleep(20);
      await messages.broadcast('topic', bytes('2'));
      const heard = (await Promise.all(waiting)).flat();
      assert.deepEqual(textsOf(heard).toSorted(), ['1', '2']);
      const closing = [ended(listener.next(1, longWait)), ended(listener.next(1, longWait))];
      await sleep(20);
      listener.close();
      assert.deepEqual(await Promise.all(closing), [[], []]);
    },
  },
  {
    name: 'broadcasts of another name are not heard, and what cannot be is invalid-argument',
    needs: ['broadcast'],
    async run({ open }) {
      const [one, two] = [await open({}, 'one'), await open({}, 'two')];
      const listener = await one.listen(['>']);
      await two.broadcast('topic', bytes('elsewhere'));
      await assertSilence(listener, 'of another name');
      await assertFails('invalid-argument', 'topic', () => one.broadcast('a b', bytes('')));
      await assertFails('invalid-argument', 'pattern', () => one.listen(['a b']));
      await assertFails('invalid-argument', 'body', () =>
        one.broadcast('a', new Uint8Array(1024 * 1024 + 1)),
      );
      await assertFails('invalid-argument', 'header', () => one.broadcast('a', bytes(''), [['a b', '']]));
      await assertFails('invalid-argument', 'wait', () => listener.next(1, -1));
      listener.close();
    },
  },
  {
    name: 'groups have no broadcasts, and listeners hear nothing that is published',
    needs: ['broadcast', 'groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      const listener = await messages.listen(['>']);
      await messages.broadcast('topic', bytes('for all'));
      await messages.publish('topic', bytes('for groups'));
      assert.deepEqual(textsOf([await take(messages, 'group')]), ['for groups']);
      await assertNothing(messages, 'group', 'the broadcast');
      assert.deepEqual(textsOf(await hear(listener, 1)), ['for all']);
      await assertSilence(listener, 'what was published');
      listener.close();
    },
  },
];
