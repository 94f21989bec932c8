import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedisCluster } from '../../../../test/servers/redis-cluster.ts';
import { redisMissing } from '../../../../test/servers/redis.ts';
import { parsePlace } from '../slightfile/place.ts';
import { openRedis, readRedisPlace } from './redis.ts';
import { slotOf } from './redis-slot.ts';

test(
  'nodes of a cluster stand in an order in which keys on their way come from an earlier one',
  { skip: redisMissing },
  async (t) => {
    const cluster = await startRedisCluster();
    t.after(() => cluster.stop());
    const client = await openRedis(readRedisPlace({ ...parsePlace(cluster.url)!, config: {} }), 2_000);
    t.after(() => client.release());
    await client.send('SET', ['k', 'v']);
    const slot = slotOf('k');
    const masters = cluster.nodes.slice(0, 3);
    let { view } = await client.nodes();
    for (const to of [...masters, ...masters]) {
      const from = await cluster.ownerOf(slot);
      if (from === to) continue;
      await cluster.moveSlot(slot, to, async () => {
        const found = await client.nodes();
        assert.notEqual(found.view, view);
        const id = String(await found.nodes[0]!.send('CLUSTER', ['MYID']));
        assert.ok((await from.ask('CLUSTER MYID')).includes(id));
      });
      ({ view } = await client.nodes());
      assert.equal(String(await client.send('GET', ['k'])), 'v');
    }
  },
);
