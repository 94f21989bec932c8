import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedisCluster } from '../../../../test/servers/redis-cluster.ts';
import { startRedisSentinels } from '../../../../test/servers/redis-sentinel.ts';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { defineScript } from '../../src/clients/redis.ts';
import { slotOf } from '../../src/clients/redis-slot.ts';
import { openClient, recovers } from './work.ts';

const options = { skip: redisMissing, timeout: 60_000 };
const put = defineScript(`return redis.call('SET', KEYS[1], ARGV[1])`);

test(
  'gathered writes leave a server that was made a replica, though nobody ends the connection',
  options,
  async (t) => {
    const place = await startRedisSentinels({ keepsClients: true });
    t.after(() => place.stop());
    const client = await openClient(t, place.url);
    const codes = new Set<string>();

    /** Many of one turn, whose answers stand in one list. */
    async function write(round: string): Promise<void> {
      const keys = Array.from({ length: 8 }, (_, i) => `k${i}`);
      const ends = await Promise.allSettled(keys.map((key) => client.run(put, [key], [round])));
      for (const end of ends) {
        if (end.status === 'fulfilled') continue;
        assert.ok(end.reason instanceof CapabilityError);
        codes.add(`${end.reason.code} ${end.reason.detail ?? ''}`.trim());
      }
      assert.ok(
        ends.every(({ status }) => status === 'fulfilled'),
        'some were refused',
      );
    }

    await write('before');
    const [first, second] = place.nodes;
    await place.failOver();
    await place.promoted(second!);
    await recovers(async () => assert.match(await first!.ask('INFO replication'), /role:slave/));
    await recovers(() => write('after'));
    assert.match(await second!.ask('GET k7'), /after/);
    t.diagnostic([...codes].join(', '));
  },
);

test('many of one turn follow their slot, and the node that takes over', options, async (t) => {
  const cluster = await startRedisCluster();
  t.after(() => cluster.stop());
  const client = await openClient(t, cluster.url);
  const keys = ['{k}1', '{k}2'];
  const add = defineScript(`redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])`);
  let added = 0;
  const addMany = async () => {
    const sums = await Promise.all(Array.from({ length: 8 }, () => client.run(add, keys, [])));
    assert.deepEqual(
      sums,
      sums.map(() => ++added),
    );
  };
  await addMany();
  const slot = slotOf('k');
  const owner = await cluster.ownerOf(slot);
  const other = cluster.nodes.slice(0, 3).find((node) => node !== owner)!;
  let waiting: Promise<void> | undefined;
  // One of the keys has gone over.
  await cluster.moveSlot(slot, other, async () => void (waiting ??= addMany()));
  await waiting;
  await addMany();
  for (const node of cluster.nodes)
    if ((await node.ask('INFO replication')).includes(`master_port:${other.port}\r`))
      await node.ask('CLUSTER FAILOVER');
  await recovers(async () => assert.notEqual(await cluster.ownerOf(slot), other));
  await addMany();
});

test('what many of one turn are refused has the reason that one alone is told', options, async (t) => {
  const server = await startRedis({
    settings: `--busy-reply-threshold 20 --enable-debug-command yes --rdbcompression no --key-load-delay 20000
      --loading-process-events-interval-bytes 1024`.split(/\s+/),
  });
  t.after(() => server.stop());
  const client = await openClient(t, server.url);
  for (let i = 0; i < 60; i++) await client.send('SET', [`full${i}`, 'x'.repeat(1_000)]);

  const reasons = async (count: number) => {
    const ends = await Promise.allSettled(
      Array.from({ length: count }, (_, i) => client.run(put, [`k${i}`], ['v'])),
    );
    const found = ends.map((end) => {
      assert.ok(end.status === 'rejected' && end.reason instanceof CapabilityError);
      const { code, detail, outcome } = end.reason;
      return { code, detail, outcome };
    });
    return found;
  };
  async function refuses(code: string, detail: string): Promise<void> {
    const reason = { code, detail, outcome: 'none' };
    await recovers(async () => assert.deepEqual(await reasons(1), [reason]));
    assert.deepEqual(await reasons(4), [reason, reason, reason, reason]);
  }

  await server.ask('CONFIG SET maxmemory 1');
  await refuses('resource-exhausted', 'OOM');
  await server.ask('CONFIG SET maxmemory 0');

  const busy = server.ask(`EVAL "while true do end" 0`);
  await refuses('unavailable', 'BUSY');
  await server.ask('SCRIPT KILL');
  await busy;

  const loading = server.ask('DEBUG RELOAD');
  await refuses('unavailable', 'LOADING');
  await loading;
  await client.run(put, ['k'], ['v']);
});
