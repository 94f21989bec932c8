import assert from 'node:assert/strict';
import test from 'node:test';
import type { RedisClient } from '../../../clients/redis.ts';
import { listKeys } from './redis-list.ts';

/** Nodes that give one key for each step of a scan; what `step` does happens before each. */
function fakeCluster(
  contents: string[][],
  { states = contents.map((_, index) => `state ${index}`), step = () => undefined as void } = {},
) {
  const steps = contents.map(() => 0);
  const nodes = contents.map((keys, index) => ({
    async send(_: string, [position]: readonly unknown[]) {
      step();
      steps[index]!++;
      const at = Number(position);
      const next = at + 1 < keys.length ? at + 1 : 0;
      return [Buffer.from(String(next)), keys.slice(at, at + 1).map((key) => Buffer.from(key))];
    },
  }));
  const client = { nodes: async () => nodes.map((node, index) => ({ ...node, state: states[index]! })) };
  return { client: client as unknown as RedisClient, steps };
}

async function listAll(client: RedisClient, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listKeys(client, 's:', { limit, ...(cursor !== undefined && { cursor }) });
    found.push(...page.keys);
    if ((cursor = page.cursor) === undefined) return found;
  }
}

test('one node after the other is listed, in pages of any size', async () => {
  const nodes = [['s:a', 's:b'], [], ['s:c'], ['s:d', 's:e', 's:f']];
  for (const limit of [1, 2, 3, 100])
    assert.deepEqual(await listAll(fakeCluster(nodes).client, limit), ['a', 'b', 'c', 'd', 'e', 'f']);
});

test('the last page is known to be the last', async () => {
  const { client } = fakeCluster([['s:a'], ['s:b']]);
  assert.deepEqual(await listKeys(client, 's:', { limit: 2 }), { keys: ['a', 'b'] });
});

test('a key that goes to a node that is done, while it is listed, is listed', async () => {
  for (const limit of [1, 2, 100]) {
    const nodes = [
      ['s:a', 's:b'],
      ['s:c', 's:moved'],
    ];
    let count = 0;
    const states = ['one', 'other'];
    const { client } = fakeCluster(nodes, {
      states,
      step() {
        if (++count !== 3) return;
        nodes[0]!.push(nodes[1]!.pop()!);
        states[0] += '+';
        states[1] += '-';
      },
    });
    assert.deepEqual(new Set(await listAll(client, limit)), new Set(['a', 'b', 'c', 'moved']), String(limit));
  }
});

test('what changes is listed again, once for each change, and nothing else is', async () => {
  for (const limit of [1, 2, 100]) {
    const nodes = Array.from({ length: 5 }, (_, i) => [`s:${i}a`, `s:${i}b`, `s:${i}c`]);
    const states = nodes.map((_, index) => `state ${index}`);
    let count = 0;
    const { client, steps } = fakeCluster(nodes, {
      states,
      step() {
        // Of two nodes that are done.
        if (++count === 10 || count === 15) for (const index of [0, 2]) states[index] += '+';
      },
    });
    await listAll(client, limit);
    assert.ok(steps[0]! <= 9 && steps[2]! <= 9, steps.join());
    assert.deepEqual([steps[1], steps[3], steps[4]], [3, 3, 3]);
  }
});

test('a state that was another one meanwhile is not as before', async () => {
  const states = ['one', 'other'];
  const { client, steps } = fakeCluster([['s:a'], ['s:b', 's:c']], { states });
  let { cursor } = await listKeys(client, 's:', { limit: 1 });
  states[0] = 'meanwhile';
  ({ cursor } = await listKeys(client, 's:', { limit: 1, cursor: cursor! }));
  states[0] = 'one';
  while (cursor !== undefined) ({ cursor } = await listKeys(client, 's:', { limit: 1, cursor }));
  assert.equal(steps[0], 3);
});

test('a cursor of a server that does not say who it is is its position, and no other text is a cursor', async () => {
  const { client } = fakeCluster([['s:a', 's:b']], { states: [''] });
  assert.deepEqual(await listKeys(client, 's:', { limit: 1 }), { keys: ['a'], cursor: '1' });
  assert.deepEqual(await listKeys(client, 's:', { limit: 1, cursor: '1' }), { keys: ['b'] });
  for (const cursor of ['x', '-1', '1.2', `${2n ** 64n}`, '1.abcde', '1.abcdefg', '1.abc:ef'])
    await assert.rejects(listKeys(client, 's:', { cursor }), /cursor/);
});
