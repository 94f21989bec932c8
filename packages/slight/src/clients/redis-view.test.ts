import assert from 'node:assert/strict';
import test from 'node:test';
import { orderNodes, readState } from './redis-view.ts';

/** An answer to `CLUSTER NODES` by a node, which tells of others too. */
function answer(epoch: number, slots: string, { pong = 1, others = '0-99' } = {}): string {
  return [
    `aaaa 127.0.0.1:7001@17001 master - 0 ${pong} 1 connected ${others}`,
    `bbbb 127.0.0.1:7002@17002 myself,master - 0 ${pong} ${epoch} connected${slots === '' ? '' : ` ${slots}`}`,
    `cccc 127.0.0.1:7003@17003 slave bbbb 0 ${pong} 2 connected`,
    '',
  ].join('\n');
}

test('what a node says of itself is another text once a slot came, left, is on its way, or was there and back', () => {
  const before = answer(2, '100-199 300');
  for (const after of [
    answer(2, '100-199'),
    answer(2, '100-199 300 301'),
    answer(2, '100-199 300 [300->-aaaa]'),
    answer(2, '100-199 300 [1-<-aaaa]'),
    answer(4, '100-199 300'),
  ])
    assert.notEqual(readState(after).text, readState(before).text, after);
});

test('what a node says of others, which it may not have heard yet, counts for nothing', () => {
  const { text } = readState(answer(2, '100-199'));
  assert.equal(readState(answer(2, '100-199', { pong: 7, others: '0-98 [98->-bbbb]' })).text, text);
  assert.deepEqual(readState(answer(2, '', { others: '0-99 [99->-bbbb]' })), {
    text: 'bbbb 2',
    leaving: false,
    arriving: false,
  });
});

test('each node that a slot leaves is listed before each that one comes to', () => {
  const nodes = [
    { name: 'a', leaving: false, arriving: true },
    { name: 'b', leaving: true, arriving: true },
    { name: 'c', leaving: true, arriving: false },
    { name: 'd', leaving: false, arriving: false },
    { name: 'e', leaving: true, arriving: true },
  ];
  const order = orderNodes(nodes).map(({ name }) => name);
  for (const from of nodes.filter((node) => node.leaving))
    for (const to of nodes.filter((node) => node.arriving))
      if (from !== to)
        assert.ok(order.indexOf(from.name) < order.lastIndexOf(to.name), `${from.name} to ${to.name}`);
  assert.deepEqual(new Set(order), new Set(nodes.map(({ name }) => name)));
  assert.equal(order.length, 7);
});
