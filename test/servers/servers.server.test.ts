import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { etcdMissing, startEtcd } from './etcd.ts';
import { mosquittoMissing, startMosquitto } from './mosquitto.ts';
import { startNatsCluster } from './nats-cluster.ts';
import { natsMissing, startNats } from './nats.ts';
import { openNats } from '../../packages/slight/src/clients/nats.ts';
import { parsePlace } from '../../packages/slight/src/slightfile/place.ts';
import { tmpdir } from 'node:os';
import { postgresMissing, startPostgres } from './postgres.ts';
import { waitUntil } from './process.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisSentinels } from './redis-sentinel.ts';
import { redisMissing, startRedis } from './redis.ts';
import { says } from './server.ts';
import type { TestServer } from './server.ts';

const login = { user: 'tester', password: 's3cret' };
const servers: readonly (readonly [string, string | false, () => Promise<TestServer>])[] = [
  ['redis', redisMissing, startRedis],
  ['nats', natsMissing, startNats],
  ['nats with a login', natsMissing, () => startNats(login)],
  ['mosquitto', mosquittoMissing, startMosquitto],
  ['mosquitto with a login', mosquittoMissing, () => startMosquitto(login)],
  ['etcd', etcdMissing, startEtcd],
  ['postgres', postgresMissing, startPostgres],
];

/** Whether anything takes a connection there. */
const listens = (port: number): Promise<boolean> => says(port, 'GET / HTTP/1.0\r\n\r\n', () => true);

for (const [name, skip, start] of servers) {
  suite(name, { skip }, () => {
    test('is killed and comes back at the same place', async () => {
      const server = await start();
      try {
        await server.kill();
        assert.equal(await listens(server.port), false);
        await server.restart();
        await server.restart();
      } finally {
        await server.stop();
      }
      assert.equal(await listens(server.port), false);
    });

    test('can be stopped while it is paused', async () => {
      const server = await start();
      server.pause();
      await sleep(50);
      server.resume();
      server.pause();
      await server.stop();
      assert.equal(await listens(server.port), false);
    });
  });
}

test('postgres is paused with all its processes', { skip: postgresMissing }, async () => {
  const server = await startPostgres();
  try {
    assert.equal(server.ask("select current_setting('fsync')"), 'on');
    server.pause();
    assert.throws(() => server.ask('select 1'));
    server.resume();
    assert.equal(server.ask('select 1'), '1');
  } finally {
    await server.stop();
  }
});

test(
  'a cluster of redis keeps what was moved, and a replica takes over',
  { skip: redisMissing },
  async () => {
    const cluster = await startRedisCluster({ password: 's3cret' });
    try {
      // The key is in slot 0.
      const [first, second] = cluster.nodes;
      assert.match(await first!.ask('SET {06S}k here'), /^\+OK\r\n\+OK/);
      await cluster.moveSlot(0, second!);
      assert.equal(await cluster.ownerOf(0), second);
      assert.match(await first!.ask('GET {06S}k'), /^-MOVED 0 /m);
      await cluster.restart();
      assert.match(await second!.ask('GET {06S}k'), /^here\r$/m);
      await second!.kill();
      await waitUntil('another takes over', async () => (await cluster.ownerOf(0)) !== second);
      await waitUntil('it answers', async () =>
        /^here\r$/m.test(await (await cluster.ownerOf(0)).ask('GET {06S}k')),
      );
    } finally {
      await cluster.stop();
    }
  },
);

test('sentinels put the replica in place of a server that was killed', { skip: redisMissing }, async () => {
  const sentinels = await startRedisSentinels({ password: 's3cret', sentinelPassword: 'other' });
  try {
    const [first, second] = sentinels.nodes;
    assert.match(await second!.ask('SET k v'), /^-READONLY/m);
    await first!.kill();
    await sentinels.promoted(second!);
    assert.doesNotMatch(await second!.ask('SET k v'), /^-/m);
  } finally {
    await sentinels.stop();
  }
});

test('a cluster of nats has another leader when the one is killed', { skip: natsMissing }, async () => {
  const cluster = await startNatsCluster();
  try {
    const { url, hosts } = parsePlace(cluster.url)!;
    const client = await openNats({ url, hosts, config: {}, dataDir: tmpdir(), timeout: 10_000 });
    await client.manager.streams.add({ name: 'kept', subjects: ['kept'], num_replicas: 3 });
    const { seq } = await client.jetstream.publish('kept', 'here');
    const leader = await cluster.leaderOf('kept');
    assert.ok(leader);
    await leader.kill();
    await waitUntil('another leads', async () => {
      const found = await cluster.leaderOf('kept');
      return found !== undefined && found !== leader;
    });
    await waitUntil('it answers', async () => {
      const kept = await client.manager.streams.getMessage('kept', { seq }).catch(() => undefined);
      return kept?.string() === 'here';
    });
    client.release();
  } finally {
    await cluster.stop();
  }
});
