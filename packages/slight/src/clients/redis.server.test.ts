import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedisCluster } from '../../../../test/servers/redis-cluster.ts';
import { redisMissing } from '../../../../test/servers/redis.ts';
import { holdSlots } from '../../test/redis/work.ts';
import { parsePlace } from '../slightfile/place.ts';
import { openRedis, readRedisPlace, type RedisClient } from './redis.ts';
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
    let before = await states(client);
    for (const to of [...masters, ...masters]) {
      const from = await cluster.ownerOf(slot);
      if (from === to) continue;
      await cluster.moveSlot(slot, to, async () => {
        const nodes = await client.nodes();
        assert.equal(nodes.filter(({ state }) => before.has(state)).length, 1);
        const id = String(await nodes[0]!.send('CLUSTER', ['MYID']));
        assert.ok((await from.ask('CLUSTER MYID')).includes(id));
      });
      before = await states(client);
      assert.equal(String(await client.send('GET', ['k'])), 'v');
    }
  },
);

test(
  'nodes of a cluster are seen to be others also while the one that was asked has not heard of it',
  { skip: redisMissing },
  async (t) => {
    const cluster = await startRedisCluster();
    t.after(() => cluster.stop());
    holdSlots(t);
    const client = await openRedis(readRedisPlace({ ...parsePlace(cluster.url)!, config: {} }), 2_000);
    t.after(() => client.release());
    const slot = slotOf('k');
    const from = await cluster.ownerOf(slot);
    const before = await states(client);
    assert.deepEqual(await states(client), before);
    await cluster.moveSlot(
      slot,
      cluster.nodes.slice(0, 3).find((node) => node !== from)!,
    );
    const after = await states(client);
    assert.equal(after.intersection(before).size, 1);
    // There and back is not as before either: keys may have been at the other node while this one was listed.
    await cluster.moveSlot(slot, from);
    assert.equal((await states(client)).intersection(after.union(before)).size, 1);
  },
);

const states = async (client: RedisClient) => new Set((await client.nodes()).map(({ state }) => state));
