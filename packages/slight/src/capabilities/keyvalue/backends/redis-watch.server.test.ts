import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import {
  redisMissing,
  startRedis,
  type RedisServer,
  type RedisServerOptions,
} from '../../../../../../test/servers/redis.ts';
import { assertFails, eventually } from '../../core/check.ts';
import { openCapability } from '../../core/open.ts';
import type { KeyValue } from '../contract.ts';

const watchable = ['--notify-keyspace-events', 'KA'];

/** A server that ends with its test, whatever happens. */
async function serve(t: TestContext, options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  t.after(() => server.stop());
  return server;
}

async function open(t: TestContext, { url }: RedisServer): Promise<KeyValue> {
  const bind = { name: 'orders', bind: url, config: {} };
  const store = await openCapability('keyvalue', bind, { dataDir: tmpdir(), timeout: 5_000 });
  t.after(() => store.close());
  return store;
}

void test(
  'a server that sends no events cannot be watched, until it is told to',
  { skip: redisMissing },
  async (t) => {
    const server = await serve(t);
    const store = await open(t, server);
    const error = await assertFails('unsupported', 'watch', () => store.watch({ key: 'k' }));
    assert.match(error.message, /CONFIG SET notify-keyspace-events KA$/);
    await server.ask('CONFIG SET notify-keyspace-events KA');
    const watch = await store.watch({ key: 'k' });
    await server.ask('SET orders:k foreign');
    const { changes } = await watch.next(10_000);
    const found = await store.getVersioned('k');
    assert.deepEqual(changes, [{ key: 'k', change: 'set', version: found?.version }]);
    await server.ask('DEL orders:k');
    assert.deepEqual((await watch.next(10_000)).changes, [{ key: 'k', change: 'delete' }]);
    await server.ask('RPUSH orders:k item');
    assert.deepEqual((await watch.next(10_000)).changes, [{ key: 'k', change: 'set' }]);
    watch.close();
  },
);

void test(
  'what was missed while the connection was away is told as a resync',
  { skip: redisMissing },
  async (t) => {
    const server = await serve(t, { settings: watchable });
    const store = await open(t, server);
    const watch = await store.watch({ prefix: '' });
    const other = await store.watch({ key: 'k' });
    await server.ask('CLIENT KILL TYPE pubsub');
    for (const each of [watch, other])
      assert.deepEqual(await each.next(20_000), { changes: [], resync: true });
    await store.set('k', Buffer.from('1'));
    for (const each of [watch, other]) {
      assert.deepEqual(
        (await each.next(10_000)).changes.map(({ key }) => key),
        ['k'],
      );
      each.close();
    }
  },
);

void test('nobody listens once the last watch of a pattern is closed', { skip: redisMissing }, async (t) => {
  const server = await serve(t, { settings: watchable });
  const store = await open(t, server);
  const watches = [await store.watch({ key: 'k' }), await store.watch({ key: 'k' })];
  const patterns = async (): Promise<string> => server.ask('PUBSUB NUMPAT');
  assert.match(await patterns(), /^:1/m);
  watches[0]!.close();
  assert.match(await patterns(), /^:1/m);
  watches[1]!.close();
  await eventually('the pattern goes', async () => /^:0/m.test(await patterns()));
});
