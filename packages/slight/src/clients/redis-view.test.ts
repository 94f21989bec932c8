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
  assert.deepEqual(
    [own.leaving, own.arriving],
    [
      [
        ['99', 'b'],
        ['98', 'c'],
      ],
      true,
    ],
  );
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

/** Nodes by name, each with its slots on their way: `1>b` leaves for b, `1<` arrives. */
function order(nodes: { readonly [id: string]: string }) {
  const lines = Object.entries(nodes).map(([id, marks]) => {
    const slots = marks.split(' ').flatMap((mark) => {
      if (mark === '') return [];
      return mark.endsWith('<') ? `[${mark.slice(0, -1)}-<-x]` : `[${mark.replace('>', '->-')}]`;
    });
    const line = `${id} 10.0.0.1:1@1 myself,master - 0 0 1 connected ${slots.join(' ')}`;
    return readNodes(line, id, 'p').own;
  });
  return orderNodes(lines);
}

test('each node that a slot leaves is listed before each that one comes to', () => {
  const nodes = { a: '1<', b: '2< 3>a', c: '1>b', d: '', e: '7< 5>f 6>b', f: '' };
  const listed = order(nodes).map(({ address }) => address);
  for (const [from, marks] of Object.entries(nodes))
    for (const [, to] of marks.matchAll(/>(\w)/g))
      assert.ok(listed.indexOf(from) < listed.lastIndexOf(to!), `${from} to ${to}`);
  assert.deepEqual(new Set(listed), new Set(Object.keys(nodes)));
  assert.equal(listed.length, 8);
});

test('a node has another state once a slot begins to leave another one for it, and for each of its turns', () => {
  const stateOf = (nodes: { readonly [id: string]: string }, id: string) =>
    order(nodes).findLast(({ address }) => address === id)!.state;
  assert.notEqual(stateOf({ a: '', b: '1<' }, 'b'), stateOf({ a: '1>b', b: '1<' }, 'b'));
  assert.equal(stateOf({ a: '1>b', b: '1<', c: '' }, 'b'), stateOf({ a: '1>b', b: '1<', c: '3>a' }, 'b'));
  const twice = order({ a: '1<', b: '1>a 2<', c: '2>b' });
  assert.equal(new Set(twice.map(({ state }) => state)).size, 4);
});
