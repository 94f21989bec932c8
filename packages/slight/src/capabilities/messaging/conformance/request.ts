import assert from 'node:assert/strict';
import { assertFails, assertNothing, bytes, patience, take, textOf, type CheckDefinition } from './check.ts';

export const requestChecks: readonly CheckDefinition[] = [
  {
    name: 'a request gets the reply, and its message is done',
    needs: ['groups', 'request'],
    async run({ open }) {
      const [asks, answers] = [await open(), await open()];
      await answers.subscribe('group', ['sum']);
      const asked = asks.request('sum', bytes('1 + 2'), { wait: patience, headers: [['a', 'b']] });
      const delivery = await take(answers, 'group');
      assert.deepEqual(
        [textOf(delivery), delivery.wantsReply, delivery.headers],
        ['1 + 2', true, [['a', 'b']]],
      );
      await answers.reply(delivery.receipt, bytes('3'), [['c', 'd']]);
      const reply = await asked;
      assert.deepEqual([textOf(reply), reply.topic, reply.headers], ['3', 'sum', [['c', 'd']]]);
      await assertFails('precondition-failed', 'it is done', () => answers.ack([delivery.receipt]));
    },
  },
  {
    name: 'a request that nobody answers is a timeout, and one for nobody is not-found',
    needs: ['groups', 'request'],
    async run({ open }) {
      const messages = await open();
      await assertFails('not-found', 'no group', () =>
        messages.request('sum', bytes(''), { wait: patience }),
      );
      await messages.subscribe('group', ['sum']);
      await assertFails('timeout', 'no reply', () => messages.request('sum', bytes(''), { wait: 30 }));
      const { receipt } = await take(messages, 'group');
      await messages.reply(receipt, bytes('too late'));
      await assertNothing(messages, 'group', 'it was answered');
    },
  },
  {
    name: 'what wants no reply takes none',
    needs: ['groups', 'request'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['>']);
      await messages.publish('topic', bytes('plain'));
      const { receipt } = await take(messages, 'group');
      await assertFails('precondition-failed', 'reply', () => messages.reply(receipt, bytes('')));
      await messages.ack([receipt]);
      await assertFails('precondition-failed', 'no receipt', () => messages.reply('nothing', bytes('')));
    },
  },
];
