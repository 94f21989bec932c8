import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { startRedisCluster } from '../../../../../../test/servers/redis-cluster.ts';
import { redisMissing, startRedis } from '../../../../../../test/servers/redis.ts';
import { openCapability } from '../../core/open.ts';

const surroundings = { dataDir: tmpdir(), timeout: 2_000 };

for (const [title, start] of [
  ['one server', async () => startRedis()],
  ['a server that is all of a cluster', async () => startRedis({ cluster: true })],
  ['a cluster', startRedisCluster],
] as const)
  test(
    `a key of another type is refused to who reads it, and nothing to others of the same turn: ${title}`,
    { skip: redisMissing },
    async (t) => {
      const server = await start();
      t.after(() => server.stop());
      const open = async () => {
        const store = await openCapability(
          'keyvalue',
          { name: 'orders', bind: server.url, config: {} },
          surroundings,
        );
        t.after(() => store.close());
        return store;
      };
      const nodes = 'nodes' in server ? server.nodes : [server];
      // The others refuse.
      for (const node of nodes) await node.ask('RPUSH orders:list item');
      const first = await open();
      await first.set('a', Buffer.from('1'));
      await first.set('b', Buffer.from('2'));
      for (const store of [first, await open()]) {
        const ends = await Promise.allSettled(['a', 'list', 'b', 'none'].map((key) => store.get(key)));
        assert.deepEqual(
          ends.map((end) => (end.status === 'fulfilled' ? end.value && String(end.value) : end.reason.code)),
          ['1', 'precondition-failed', '2', undefined],
        );
      }
      for (const store of [first, await open()])
        assert.deepEqual(
          (await store.getMany(['a', 'list', 'b'])).map((value) => value && String(value)),
          ['1', undefined, '2'],
        );
    },
  );
