import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, suite, test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { startRedisCluster, type RedisCluster } from '../../../../test/servers/redis-cluster.ts';
import {
  startRedisSentinels,
  startSentinel,
  type RedisSentinels,
} from '../../../../test/servers/redis-sentinel.ts';
import { redisMissing, startRedis, type RedisServer } from '../../../../test/servers/redis.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';

const open = (bind: string, config: { [key: string]: string } = {}) =>
  openCapability('keyvalue', { name: 'orders', bind, config }, { dataDir: tmpdir(), timeout: 2_000 });

async function failure(bind: string, config?: { [key: string]: string }): Promise<CapabilityError> {
  try {
    await (await open(bind, config)).close();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, inspect(error));
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /Secret/);
    return error;
  }
  return assert.fail('it did not fail');
}

suite('a bind of sentinels', { skip: redisMissing }, () => {
  let place: RedisSentinels;
  const login = { 'sentinel-password': 'watch-Secret' };
  before(async () => {
    place = await startRedisSentinels({ password: 'data-Secret', sentinelPassword: 'watch-Secret' });
  });
  after(() => place.stop());

  test('opens with both passwords, and with one of the sentinels', async () => {
    const first = place.url.replace(/,[^/]*/, '');
    for (const bind of [place.url, first, first.replace('@', '@127.0.0.1:1,')]) {
      const store = await open(bind, login);
      await store.set('key', Buffer.from('1'));
      await store.close();
    }
  });

  test('says which of the passwords is wrong, and shows none', async () => {
    for (const password of ['', 'other-Secret']) {
      const config: { [key: string]: string } = password === '' ? {} : { 'sentinel-password': password };
      const error = await failure(place.url, config);
      assert.equal(error.code, 'unauthenticated');
      assert.match(error.message, /a sentinel refused: .*Set sentinel-user and sentinel-password/);
    }
    const error = await failure(place.url.replace('data', 'wrong'), login);
    assert.equal(error.code, 'unauthenticated');
    assert.match(error.message, /password in the bind/);
  });

  test('says that the sentinels do not know the name', async () => {
    const error = await failure(place.url.replace('=orders', '=others'), login);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /know no server by the name "others"/);
  });

  test('says that no sentinel is there', async () => {
    const error = await failure('redis+sentinel://127.0.0.1:1,127.0.0.1:2?master=orders', login);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /ECONNREFUSED/);
  });
});

suite('a bind of a cluster', { skip: redisMissing }, () => {
  let cluster: RedisCluster;
  let single: RedisServer;
  before(async () => {
    [cluster, single] = await Promise.all([startRedisCluster({ password: 'data-Secret' }), startRedis()]);
  });
  after(() => Promise.all([cluster.stop(), single.stop()]));

  test('opens with any one of the nodes, a replica too', async () => {
    for (const { port } of cluster.nodes) {
      const store = await open(`redis+cluster://:data-Secret@127.0.0.1:1,localhost:${port}`);
      for (const key of ['a', 'b', 'c']) await store.set(key, Buffer.from(key));
      assert.equal((await store.getMany(['a', 'b', 'c', 'd'])).filter(Boolean).length, 3);
      await store.close();
    }
  });

  test('says what is wrong, and shows no password', async () => {
    const wrong = await failure(cluster.url.replace('data', 'wrong'));
    assert.equal(wrong.code, 'unauthenticated');
    const none = await failure(`redis+cluster://127.0.0.1:${single.port}`);
    assert.equal(none.code, 'invalid-argument');
    assert.match(none.message, /no cluster/);
    const away = await failure('redis+cluster://127.0.0.1:1,127.0.0.1:2');
    assert.equal(away.code, 'unavailable');
    assert.match(away.message, /ECONNREFUSED/);
    const several = await failure(`etcd://127.0.0.1:1,127.0.0.1:2`);
    assert.match(several.message, /names one server/);
  });

  test('one node of it says how to bind it', async () => {
    const store = await open(`redis://:data-Secret@127.0.0.1:${cluster.nodes[0]!.port}`);
    await assert.rejects(
      async () => {
        for (let i = 0; i < 20; i++) await store.set(`k${i}`, Buffer.from(''));
      },
      (error) => {
        assert.ok(error instanceof CapabilityError);
        assert.equal(error.code, 'unsupported');
        assert.match(error.message, /begin with redis\+cluster/);
        return true;
      },
    );
    await store.close();
  });
});

suite('a bind over TLS', { skip: redisMissing }, () => {
  function trust(t: TestContext, certificates: readonly string[]): void {
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, ...certificates]);
    t.after(() => setDefaultCACertificates(trusted));
  }

  async function works(bind: string): Promise<void> {
    const store = await open(bind);
    for (const key of ['a', 'b', 'c', 'd']) await store.set(key, Buffer.from(key));
    assert.deepEqual(new Set((await store.keys()).keys), new Set(['a', 'b', 'c', 'd']));
    await store.close();
  }

  test('reaches the nodes of a cluster, whose certificates are looked at', async (t) => {
    const node = await startRedis({ cluster: true, tls: true, settings: ['--tls-cluster', 'yes'] });
    t.after(() => node.stop());
    const bind = `rediss+cluster://localhost:${node.tls!.port}`;
    assert.match((await failure(bind)).message, /certificate/);
    trust(t, [node.tls!.certificate]);
    await works(bind);
  });

  test('reaches sentinels and the server that they name, whose certificates are looked at', async (t) => {
    const server = await startRedis({ tls: true });
    t.after(() => server.stop());
    const sentinel = await startSentinel(server.tls!.port, {}, server.tls!.certificate);
    t.after(() => sentinel.stop());
    const bind = `rediss+sentinel://localhost:${sentinel.tls!.port}?master=orders`;
    assert.match((await failure(bind)).message, /reached: self.signed certificate/);
    trust(t, [sentinel.tls!.certificate]);
    assert.match((await failure(bind)).message, /reached: self.signed certificate/);
    trust(t, [sentinel.tls!.certificate, server.tls!.certificate]);
    await works(bind);
  });
});
