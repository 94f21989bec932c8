import assert from 'node:assert/strict';
import test from 'node:test';
import { orderNodes, readNodes } from './redis-view.ts';

/** An answer to `CLUSTER NODES` by a node, which tells of others too. */
function answer(epoch: number, slots: string, { pong = 1, others = '0-99' } = {}): string {
  return [
    `aaaa 127.0.0.1:7001@17001 master - 0 ${pong} 1 connected ${others}`,
    `bbbb 127.0.0.1:7002@17002 myself,master - 0 ${pong} ${epoch} connected${slots === '' ? '' : ` ${slots}`}`,
    `cccc 127.0.0.1:7003@17003 slave bbbb 0 ${pong} 2 connected`,
    '',
  ].join('\n');
}

const readState = (text: string) => readNodes(text, '127.0.0.1:7002', 'p').own;

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
  assert.equal(readState(answer(2, '', { others: '0-99 [99->-bbbb]' })).text, 'p bbbb 2');
});

test('nodes are told of with their addresses, slots, and what is on its way', () => {
  const lines = [
    'a 10.0.0.1:1@2,one myself,master - 0 0 7 connected 0-99 300 [100-<-b] [99->-b] [98->-c]',
    'b 10.0.0.2:3@4,two,shard-id=x master,fail? - 0 1 2 connected 100-199',
    'c 10.0.0.3:5@6 master,nofailover - 0 1 2 connected',
    'd 10.0.0.4:7@8,four slave b 0 1 2 connected',
    'e :0@0 master,noaddr - 0 1 2 disconnected',
    'f 10.0.0.6:9@10 master,fail - 0 1 2 disconnected 400',
    '',
  ].join('\n');
  const { own, others } = readNodes(lines, '10.0.0.1:1', 'p');
  assert.deepEqual(own.ranges, [
    [0, 99],
    [300, 300],
  ]);
  assert.deepEqual([own.leavingTo, own.arriving], [['b', 'c'], true]);
  assert.deepEqual(
    others().map(({ id, address, there, ranges }) => ({ id, address, there, ranges })),
    [
      { id: 'b', address: '10.0.0.2:3', there: true, ranges: [[100, 199]] },
      { id: 'c', address: '10.0.0.3:5', there: true, ranges: [] },
      { id: 'd', address: '10.0.0.4:7', there: false, ranges: [] },
      { id: 'e', address: ':0', there: false, ranges: [] },
      { id: 'f', address: '10.0.0.6:9', there: false, ranges: [[400, 400]] },
    ],
  );
  const named = readNodes(lines, 'one:1', 'p');
  assert.equal(named.own.address, 'one:1');
  assert.deepEqual(
    named.others().map(({ address }) => address),
    ['two:3', '10.0.0.3:5', 'four:7', ':0', '10.0.0.6:9'],
  );
});

test('each node that a slot leaves is listed before each that one comes to', () => {
  const nodes = [
    { name: 'a', leavingTo: [], arriving: true },
    { name: 'b', leavingTo: ['x'], arriving: true },
    { name: 'c', leavingTo: ['x'], arriving: false },
    { name: 'd', leavingTo: [], arriving: false },
    { name: 'e', leavingTo: ['x'], arriving: true },
  ];
  const order = orderNodes(nodes).map(({ name }) => name);
  for (const from of nodes.filter((node) => node.leavingTo.length > 0))
    for (const to of nodes.filter((node) => node.arriving))
      if (from !== to)
        assert.ok(order.indexOf(from.name) < order.lastIndexOf(to.name), `${from.name} to ${to.name}`);
  assert.deepEqual(new Set(order), new Set(nodes.map(({ name }) => name)));
  assert.equal(order.length, 7);
});
