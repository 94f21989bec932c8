import assert from 'node:assert/strict';
import type { Messaging } from '../contract.ts';
import {
  assertFails,
  assertNothing,
  bytes,
  drain,
  takeText,
  take,
  textsOf,
  type CheckDefinition,
} from './check.ts';

const everyByte = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
const long = 'x'.repeat(10_000);

async function publishAll(messages: Messaging, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await messages.publish(topic, bytes(topic));
}

export const publishChecks: readonly CheckDefinition[] = [
  {
    name: 'a message arrives as it was published',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      const headers = [
        ['content-type', 'text/plain'],
        ['X-Size', 'größer: "a", b; ü'],
      ] as const;
      const ids = [
        await messages.publish('orders.created', everyByte, { headers, key: 'Kunde 7/ä' }),
        await messages.publish('a', new Uint8Array()),
      ];
      const found = await drain(messages, 'all', 2);
      const plain = found
        .map(({ receipt: _receipt, lease: _lease, body, ...rest }) => ({ ...rest, body: Buffer.from(body) }))
        .toSorted((a, b) => b.topic.length - a.topic.length);
      const same = { group: 'all', attempt: 1, wantsReply: false };
      assert.deepEqual(plain, [
        {
          id: ids[0],
          topic: 'orders.created',
          key: 'Kunde 7/ä',
          headers,
          body: Buffer.from(everyByte),
          ...same,
        },
        { id: ids[1], topic: 'a', headers: [], body: Buffer.alloc(0), ...same },
      ]);
      assert.notEqual(ids[0], ids[1]);
    },
  },
  {
    name: 'the largest body arrives',
    needs: ['groups'],
    async run({ open, largest }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      const body = Buffer.alloc(largest, 'abc');
      await messages.publish('large', body);
      assert.ok(Buffer.compare(body, (await take(messages, 'all')).body) === 0);
    },
  },
  {
    name: 'what the publisher does to its bytes afterwards changes nothing',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      const body = bytes('before');
      await messages.publish('topic', body);
      body.fill(0);
      await takeText(messages, 'all', 'before');
    },
  },
  {
    name: 'a message reaches every group that has its topic, and no other',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      const topics = ['a', 'a.b', 'a.b.c', 'a.x.c', 'b.b', 'ab'];
      const groups: { readonly [name: string]: readonly [string[], string[]] } = {
        exact: [['a.b'], ['a.b']],
        part: [['a.*'], ['a.b']],
        inner: [['a.*.c'], ['a.b.c', 'a.x.c']],
        first: [['*.b'], ['a.b', 'b.b']],
        rest: [['a.>'], ['a.b', 'a.b.c', 'a.x.c']],
        all: [['>'], topics],
        several: [
          ['a', 'ab', 'a.*', '*'],
          ['a', 'a.b', 'ab'],
        ],
      };
      for (const [group, [patterns]] of Object.entries(groups)) await messages.subscribe(group, patterns);
      await publishAll(messages, topics);
      for (const [group, [, expected]] of Object.entries(groups)) {
        const found = textsOf(await drain(messages, group, expected.length));
        assert.deepEqual(found.toSorted(), expected.toSorted(), group);
        assert.deepEqual(await messages.receive(group, { max: 10 }), [], `${group} has no more`);
      }
    },
  },
  {
    name: 'a group has what is published since it was made, and nothing from before',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.publish('topic', bytes('before'));
      await messages.subscribe('late', ['topic']);
      await messages.publish('topic', bytes('after'));
      assert.deepEqual(textsOf(await drain(messages, 'late', 1)), ['after']);
      await assertNothing(messages, 'late', 'from before');
    },
  },
  {
    name: 'a group that is subscribed again has its new topics, and what it had',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('group', ['one']);
      await messages.publish('one', bytes('1'));
      await messages.subscribe('group', ['two']);
      await publishAll(messages, ['one', 'two']);
      assert.deepEqual(textsOf(await drain(messages, 'group', 2)).toSorted(), ['1', 'two']);
      await assertNothing(messages, 'group', 'of the old topic');
    },
  },
  {
    name: 'groups are those that were made and not removed; a removed one keeps nothing',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      assert.deepEqual(await messages.groups(), []);
      await messages.subscribe('one', ['a', 'b.*']);
      await messages.subscribe('two', ['>']);
      const names = [...(await messages.groups())].toSorted((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(names, [
        { name: 'one', topics: ['a', 'b.*'] },
        { name: 'two', topics: ['>'] },
      ]);
      await messages.publish('a', bytes('lost'));
      await messages.unsubscribe('one');
      await messages.unsubscribe('one');
      await assertFails('not-found', 'receive', () => messages.receive('one'));
      await messages.subscribe('one', ['a']);
      await assertNothing(messages, 'one', 'what the removed group had');
      await takeText(messages, 'two', 'lost');
    },
  },
  {
    name: 'members of a group compete: each message goes to one of them',
    needs: ['groups'],
    async run({ open }) {
      const members = [await open(), await open()];
      await members[0]!.subscribe('group', ['>']);
      const texts = Array.from({ length: 40 }, (_, i) => `message ${i}`);
      for (const [i, text] of texts.entries()) await members[i % 2]!.publish('topic', bytes(text));
      const found: string[] = [];
      for (let idle = 0; idle < 2;) {
        const both = await Promise.all(
          members.map((member) => member.receive('group', { max: 3, wait: 50 })),
        );
        for (const [i, some] of both.entries()) await members[i]!.ack(some.map(({ receipt }) => receipt));
        idle = both.flat().length === 0 ? idle + 1 : 0;
        found.push(...textsOf(both.flat()));
      }
      assert.deepEqual(found.toSorted(), texts.toSorted());
    },
  },
  {
    name: 'two names share neither messages nor groups nor receipts',
    needs: ['groups'],
    async run({ open }) {
      const [one, two] = [await open({}, 'one'), await open({}, 'two')];
      await one.subscribe('group', ['>']);
      assert.deepEqual(await two.groups(), []);
      await two.subscribe('group', ['>']);
      await one.publish('topic', bytes('of one'));
      await assertNothing(two, 'group', 'of the other name');
      const delivery = await takeText(one, 'group', 'of one');
      await assertFails('precondition-failed', 'ack of the other', () => two.ack([delivery.receipt]));
      await two.unsubscribe('group');
      await one.ack([delivery.receipt]);
    },
  },
  {
    name: 'a queue has one group from the start, which gets everything, and no other',
    needs: ['groups'],
    async run({ open }) {
      const queue = await open({ queue: true });
      await publishAll(queue, ['a', 'b.c']);
      assert.deepEqual(textsOf(await drain(await open({ queue: true }), 'queue', 2)).toSorted(), [
        'a',
        'b.c',
      ]);
      await assertFails('precondition-failed', 'subscribe', () => queue.subscribe('other', ['>']));
      await assertFails('precondition-failed', 'unsubscribe', () => queue.unsubscribe('queue'));
    },
  },
  {
    name: 'what cannot be published is invalid-argument, and reaches nobody',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      const body = bytes('never');
      for (const topic of [
        '',
        '.',
        'a.',
        '.a',
        'a..b',
        'a b',
        'a.*',
        '>',
        'ä',
        'a/b',
        'a\n',
        'a'.repeat(201),
      ])
        await assertFails('invalid-argument', `topic ${topic}`, () => messages.publish(topic, body));
      const large = await assertFails('invalid-argument', 'body', () =>
        messages.publish('a', new Uint8Array(1024 * 1024 + 1)),
      );
      assert.deepEqual(large.detail, { limit: 1024 * 1024 });
      const wrong: { readonly [what: string]: readonly [name: string, value: string][] } = {
        'a name with a space': [['a b', '']],
        'no name': [['', '']],
        'a line break': [['a', 'b\r\nc: d']],
        'a name twice': [
          ['a', '1'],
          ['A', '2'],
        ],
        "a name of the host's": [['Slight-Id', '1']],
        'too much': [['a', long]],
      };
      for (const [what, headers] of Object.entries(wrong))
        await assertFails('invalid-argument', what, () => messages.publish('a', body, { headers }));
      for (const key of ['', 'k'.repeat(257), 'a\0b', '\ud800'])
        await assertFails('invalid-argument', 'key', () => messages.publish('a', body, { key }));
      await assertNothing(messages, 'all', 'what was refused');
    },
  },
  {
    name: 'what cannot be a group, a pattern or a wait is invalid-argument',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      for (const group of ['', 'a b', 'a.b', 'ä', 'g'.repeat(65)]) {
        await assertFails('invalid-argument', group, () => messages.subscribe(group, ['>']));
        await assertFails('invalid-argument', group, () => messages.receive(group));
      }
      for (const pattern of ['', 'a.', '>.a', 'a*', 'a.>b', 'a b'])
        await assertFails('invalid-argument', pattern, () => messages.subscribe('group', [pattern]));
      await assertFails('invalid-argument', 'no topics', () => messages.subscribe('group', []));
      for (const wait of [-1, Number.NaN])
        await assertFails('invalid-argument', 'wait', () => messages.receive('all', { wait }));
    },
  },
  {
    name: 'what is closed is cancelled',
    needs: ['groups'],
    async run({ open }) {
      const messages = await open();
      await messages.subscribe('all', ['>']);
      await messages.close();
      await assertFails('cancelled', 'publish', () => messages.publish('a', bytes('')));
      await assertFails('cancelled', 'receive', () => messages.receive('all'));
    },
  },
];
