import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisSentinels } from '../../../../test/servers/redis-sentinel.ts';
import { redisMissing, startRedis, type RedisServer } from '../../../../test/servers/redis.ts';
import { openStore, recovers } from './work.ts';

const options = { skip: redisMissing, timeout: 60_000 };
const settings = ['--notify-keyspace-events', 'KA'];

/** A name that leads to a server, and later to another one; connections that are there stay where they are. */
async function startName(t: TestContext, first: RedisServer) {
  let to = first;
  let connections = 0;
  const server = createServer((inner) => {
    connections++;
    const outer = connect(to.port, '127.0.0.1');
    inner.pipe(outer).pipe(inner);
    for (const socket of [inner, outer]) socket.on('error', () => (inner.destroy(), outer.destroy()));
    t.after(() => (inner.destroy(), outer.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (other: RedisServer) => void (to = other),
    connections: () => connections,
  };
}

async function startPair(t: TestContext) {
  const first = await startRedis({ settings });
  t.after(() => first.stop());
  const second = await startRedis({ settings });
  t.after(() => second.stop());
  return [first, second] as const;
}

for (const watched of [false, true])
  test(
    `who only ${watched ? 'watches' : 'reads'} leaves a server that sentinels made a replica, though nobody ends the connection`,
    options,
    async (t) => {
      const place = await startRedisSentinels({ keepsClients: true, settings });
      t.after(() => place.stop());
      const [first, second] = place.nodes;
      const store = await openStore(t, place.url);
      await store.set('k', Buffer.from('before'));
      const watch = watched ? await store.watch({ key: 'k' }) : undefined;
      // It follows nobody: what it has stays as it is.
      await first!.ask('CONFIG SET masterauth wrong');
      await place.failOver();
      await place.promoted(second!);
      await recovers(async () => assert.match(await first!.ask('INFO replication'), /role:slave/));
      await second!.ask('SET orders:k after');
      if (watch === undefined)
        await recovers(async () => assert.equal(String(await store.get('k')), 'after'));
      else
        await recovers(async () => {
          await second!.ask('SET orders:k again');
          assert.ok((await watch.next(100)).changes.length > 0);
        });
    },
  );

test(
  'who only reads leaves a server that was made a replica, and goes where its name leads',
  options,
  async (t) => {
    const [first, second] = await startPair(t);
    const name = await startName(t, first);
    const store = await openStore(t, name.url);
    await first.ask('SET orders:k before');
    assert.equal(String(await store.get('k')), 'before');
    await second.ask('SET orders:k after');
    await first.ask('CONFIG SET masterauth wrong');
    await first.ask(`REPLICAOF 127.0.0.1 ${second.port}`);
    // As with names of services, which follow some time later.
    for (const before = name.connections(); name.connections() === before; await sleep(20))
      assert.equal(String(await recovers(() => store.get('k'))), 'before');
    name.leadTo(second);
    await recovers(async () => assert.equal(String(await store.get('k')), 'after'));
    const settled = name.connections();
    for (let i = 0; i < 40; i++) {
      assert.equal(String(await store.get('k')), 'after');
      await sleep(100);
    }
    assert.equal(name.connections(), settled);
  },
);

test('a replica that was bound as one is read from', options, async (t) => {
  const [first, second] = await startPair(t);
  await second.ask(`REPLICAOF 127.0.0.1 ${first.port}`);
  const name = await startName(t, second);
  const store = await openStore(t, name.url);
  await first.ask('SET orders:k v');
  await recovers(async () => assert.equal(String(await store.get('k')), 'v'));
  const connections = name.connections();
  for (let i = 0; i < 40; i++) {
    assert.equal(String(await store.get('k')), 'v');
    await sleep(100);
  }
  assert.equal(name.connections(), connections);
});
