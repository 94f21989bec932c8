import assert from 'node:assert/strict';
import test from 'node:test';
import type { RedisClient } from '../../../clients/redis.ts';
import { listKeys } from './redis-list.ts';

/** Nodes that give one key for each step of a scan; what `step` does happens before each. */
function fakeCluster(
  contents: string[][],
  { view = () => 'one', step = () => undefined as void }: { view?: () => string; step?: () => void } = {},
): RedisClient {
  const nodes = contents.map((keys) => ({
    async send(_: string, [position]: readonly unknown[]) {
      step();
      const at = Number(position);
      const next = at + 1 < keys.length ? at + 1 : 0;
      return [Buffer.from(String(next)), keys.slice(at, at + 1).map((key) => Buffer.from(key))];
    },
  }));
  return { nodes: async () => ({ view: view(), nodes }) } as unknown as RedisClient;
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
    assert.deepEqual(await listAll(fakeCluster(nodes), limit), ['a', 'b', 'c', 'd', 'e', 'f']);
});

test('a key that goes to a node that is done, while it is listed, is listed', async () => {
  for (const limit of [1, 2, 100]) {
    const nodes = [
      ['s:a', 's:b'],
      ['s:c', 's:moved'],
    ];
    let steps = 0;
    let view = 'one';
    const client = fakeCluster(nodes, {
      view: () => view,
      step() {
        if (++steps !== 3) return;
        nodes[0]!.push(nodes[1]!.pop()!);
        view = 'other';
      },
    });
    assert.deepEqual(new Set(await listAll(client, limit)), new Set(['a', 'b', 'c', 'moved']), String(limit));
  }
});

test('a cursor of one server is its position, and no other text is a cursor', async () => {
  const client = fakeCluster([['s:a', 's:b']], { view: () => '' });
  assert.deepEqual(await listKeys(client, 's:', { limit: 1 }), { keys: ['a'], cursor: '1' });
  for (const cursor of ['x', '-1', '1.2', `${2n ** 64n}`, '01234567.0.x'])
    await assert.rejects(listKeys(client, 's:', { cursor }), /cursor/);
});
