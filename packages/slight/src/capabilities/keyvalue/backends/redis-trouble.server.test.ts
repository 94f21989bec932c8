import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { after, before, suite, test, type TestContext } from 'node:test';
import {
  redisMissing,
  startRedis,
  type RedisServer,
  type RedisServerOptions,
} from '../../../../../../test/servers/redis.ts';
import { CapabilityError } from '../../core/error.ts';
import { openCapability } from '../../core/open.ts';
import type { KeyValue } from '../contract.ts';

const timeout = 1_500;

const opened: KeyValue[] = [];
// A test that failed leaves its store open, which would keep this process waiting.
after(() => Promise.all(opened.map((store) => store.close())));

async function open(url: string, name = 'orders'): Promise<KeyValue> {
  const store = await openCapability(
    'keyvalue',
    { name, bind: url, config: {} },
    { dataDir: tmpdir(), timeout },
  );
  opened.push(store);
  return store;
}

const bytes = (text: string) => Buffer.from(text);

async function failure(call: () => unknown): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, inspect(error));
    return error;
  }
  return assert.fail('it did not fail');
}

/** A server that ends with its test, whatever happens. */
async function serve(t: TestContext, options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  t.after(() => server.stop());
  return server;
}

/** Works again within a while; how long it takes to connect again is not what is tested. */
async function recovers(call: () => unknown): Promise<void> {
  for (const end = performance.now() + 10_000; ; await sleep(50)) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

void suite('redis and other programs', { skip: redisMissing }, () => {
  let server: RedisServer;
  let store: KeyValue;
  before(async () => {
    server = await startRedis();
    store = await open(server.url);
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  void test('values lie as plain bytes under name:key', async () => {
    await store.set('plain', bytes('value'));
    assert.match(await server.ask('GET orders:plain'), /^value\r$/m);
    await store.increment('count', 41n);
    await server.ask('INCR orders:count');
    assert.equal(await store.increment('count', 0n), 42n);
  });

  void test('reads at the same time are answered as each alone would be', async () => {
    await server.ask('RPUSH orders:list one');
    const present = Array.from({ length: 40 }, (_, index) => `many-${index}`);
    for (const key of present) await store.set(key, bytes(key));
    const asked = present.flatMap((key) => [key, `no-${key}`]);
    const read = (key: string) => store.get(key);
    const values = await Promise.all(asked.map(read));
    assert.deepEqual(
      values.map((value) => value && String(value)),
      present.flatMap((key) => [key, undefined]),
    );
    const [list, one, none] = await Promise.allSettled(['list', 'many-1', 'no'].map(read));
    assert.match(list!.status === 'rejected' ? String(list!.reason) : '', /WRONGTYPE/);
    assert.deepEqual(one, { status: 'fulfilled', value: bytes('many-1') });
    assert.deepEqual(none, { status: 'fulfilled', value: undefined });
  });

  void test('a name with special characters is percent-encoded', async () => {
    const other = await open(server.url, 'a:b{c}*');
    await other.set('k', bytes('value'));
    assert.match(await server.ask('GET a%3Ab%7Bc%7D*:k'), /^value\r$/m);
    await other.close();
  });

  void test('what another program wrote is read, listed, swapped and deleted', async () => {
    await server.ask('SET orders:foreign one');
    assert.deepEqual(await store.get('foreign'), bytes('one'));
    assert.ok((await store.keys({ prefix: 'for' })).keys.includes('foreign'));
    const found = await store.getVersioned('foreign');
    await server.ask('SET orders:foreign two');
    const stale = await store.compareAndSwap('foreign', found?.version, bytes('three'));
    assert.equal(stale.swapped, false);
    assert.ok(!stale.swapped);
    assert.deepEqual(stale.current?.value, bytes('two'));
    assert.ok((await store.compareAndSwap('foreign', stale.current?.version, bytes('three'))).swapped);
    assert.match(await server.ask('GET orders:foreign'), /^three\r$/m);
    await store.delete('foreign');
    assert.match(await server.ask('EXISTS orders:foreign'), /^:0/m);
  });

  void test('a key of another type is precondition-failed', async () => {
    await server.ask('RPUSH orders:list one');
    const error = await failure(() => store.get('list'));
    assert.equal(error.code, 'precondition-failed');
    assert.match(error.message, /another type/);
    await store.delete('list');
  });

  void test('keys that are no UTF-8 are not listed', async () => {
    await server.ask('SET "orders:\\xff\\xfe" one');
    assert.ok((await store.keys()).keys.every((key) => key.isWellFormed() && !key.includes('\ufffd')));
  });

  void test('a key and its version go together, by deletion and by expiry', async () => {
    await server.ask('FLUSHALL');
    await store.set('deleted', bytes('1'));
    await store.delete('deleted');
    await store.set('expired', bytes('1'), { ttl: 50 });
    await store.set('counted', bytes('1'), { ttl: 50 });
    await store.increment('counted', 1n);
    await recovers(async () => assert.match(await server.ask('DBSIZE'), /^:[01]\r/m));
    await store.delete('counted');
    await recovers(async () => assert.match(await server.ask('DBSIZE'), /^:0\r/m));
  });

  void test('the database of the bind is the one that is used, or none', async () => {
    const other = await open(`${server.url}/3`);
    await other.set('key', bytes('in 3'));
    await store.delete('key');
    assert.equal(await other.exists('key'), true);
    assert.match(await server.ask('INFO keyspace'), /^db3:keys=/m);
    await other.close();
    const error = await failure(() => open(`${server.url}/99`));
    assert.equal(error.code, 'invalid-argument');
    assert.match(error.message, /does not have the database/);
  });

  void test('a server that is all of a cluster is one, whose keys lie in many slots', async (t) => {
    const other = await open((await serve(t, { cluster: true })).url);
    const keys = ['a', 'b', 'c', 'd'];
    await other.setMany(keys.map((key) => ({ key, value: bytes(key) })));
    for (let i = 0; i < 2; i++) assert.deepEqual(await other.getMany(keys), keys.map(bytes));
    await other.increment('count', 1n, { fence: { lock: 'l', token: '1' } });
    assert.equal((await other.keys()).keys.length, 5);
    await other.deleteMany(keys);
    assert.deepEqual((await other.keys()).keys, ['count']);
    await other.close();
  });

  void test('the server forgetting its scripts is not noticed', async () => {
    await store.set('key', bytes('1'));
    await server.ask('SCRIPT FLUSH');
    await store.set('key', bytes('2'));
    assert.deepEqual(await store.get('key'), bytes('2'));
  });

  void test('all stores of a process share one connection, and the last one ends it', async () => {
    const clients = await server.ask('CLIENT LIST');
    const others = await Promise.all(['a', 'b', 'c'].map((name) => open(server.url, name)));
    await Promise.all(others.map((other) => other.set('k', bytes('v'))));
    const lines = (list: string) => list.split('\n').filter((line) => /\bid=/.test(line)).length;
    assert.equal(lines(await server.ask('CLIENT LIST')), lines(clients));
    await Promise.all(others.map((other) => other.close()));
    await store.close();
    await recovers(async () => assert.equal(lines(await server.ask('CLIENT LIST')), lines(clients) - 1));
    store = await open(server.url);
  });
});

void suite('redis in trouble', { skip: redisMissing }, () => {
  void test('killed while it is written to: unavailable in time, nothing acknowledged is lost, works again', async (t) => {
    const server = await serve(t);
    const store = await open(server.url);
    const acknowledged: string[] = [];
    const failures: CapabilityError[] = [];
    let attempts = 0;
    const writer = async (id: number): Promise<void> => {
      for (let i = 0; failures.length < 40 && i < 5_000; i++) {
        const key = `${id}-${i}`;
        attempts++;
        try {
          await store.set(key, bytes(key));
          acknowledged.push(key);
        } catch (error) {
          assert.ok(error instanceof CapabilityError, inspect(error));
          failures.push(error);
        }
      }
    };
    const writers = Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)));
    await recovers(() => assert.ok(acknowledged.length > 200));
    await server.kill();
    await writers;
    assert.ok(failures.length >= 40, `${failures.length} of ${attempts} writes failed`);
    for (const { code, retryable, message } of failures) {
      assert.equal(code, 'unavailable', message);
      assert.equal(retryable, true);
      assert.match(message, /^keyvalue "orders" \(redis:\/\/127\.0\.0\.1:\d+\): set: /);
    }
    // Those that were under way may have happened; those after it certainly did not.
    assert.ok(failures.some(({ outcome }) => outcome === 'unknown'));
    assert.ok(failures.some(({ outcome }) => outcome === 'none'));
    assert.equal((await failure(() => store.get('0-0'))).outcome, 'none');

    await server.restart();
    await recovers(() => store.get('0-0'));
    for (const key of acknowledged) assert.deepEqual(await store.get(key), bytes(key));
    await store.set('after', bytes('1'));
    await store.close();
  });

  void test('increments are never repeated: each counts at most once, and at least once where it answered', async (t) => {
    const server = await serve(t);
    const store = await open(server.url);
    let answered = 0;
    let unknown = 0;
    const adder = async (): Promise<void> => {
      for (let failed = 0; failed < 3;) {
        try {
          await store.increment('count', 1n);
          answered++;
        } catch (error) {
          assert.ok(error instanceof CapabilityError);
          if (error.outcome === 'unknown') unknown++;
          failed++;
        }
      }
    };
    const adders = Promise.all(Array.from({ length: 8 }, adder));
    await recovers(() => assert.ok(answered > 200));
    await server.kill();
    await adders;
    await server.restart();
    await recovers(() => store.ping());
    const count = Number(await store.increment('count', 0n));
    assert.ok(count >= answered, `${answered} were answered, ${count} are there`);
    assert.ok(count <= answered + unknown, `${answered} answered and ${unknown} unknown, ${count} are there`);
    await store.close();
  });

  void test('a server that says nothing: timeout, for a write with the outcome unknown; works again', async (t) => {
    const server = await serve(t);
    const store = await open(server.url);
    await store.set('key', bytes('1'));
    server.pause();
    const [read, write] = await Promise.all([
      failure(() => store.get('key')),
      failure(() => store.set('key', bytes('2'))),
    ]);
    assert.deepEqual([read.code, read.outcome], ['timeout', 'none']);
    assert.deepEqual([write.code, write.outcome], ['timeout', 'unknown']);
    server.resume();
    await recovers(() => store.set('key', bytes('3')));
    assert.deepEqual(await store.get('key'), bytes('3'));
    await store.close();
  });

  void test('a short absence is bridged: reads and sets wait for it', async (t) => {
    const server = await serve(t);
    const store = await open(server.url);
    await store.set('key', bytes('1'));
    await server.ask('CLIENT KILL TYPE normal');
    await sleep(5);
    assert.deepEqual(await store.get('key'), bytes('1'));
    await store.close();
  });

  void test('a server that is down, or silent, at the start is unavailable', async (t) => {
    const server = await serve(t);
    server.pause();
    assert.equal((await failure(() => open(server.url))).code, 'unavailable');
    server.resume();
    await server.kill();
    const error = await failure(() => open(server.url));
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /^keyvalue "orders" \(redis:\/\/127\.0\.0\.1:\d+\): .*ECONNREFUSED/);
    await server.restart();
    await (await open(server.url)).close();
  });

  void test('wrong and missing passwords are unauthenticated, and no text shows one', async (t) => {
    const server = await serve(t, { password: 'right-Secret' });
    const wrong = `redis://:wrong-Secret@127.0.0.1:${server.port}`;
    for (const url of [wrong, `redis://127.0.0.1:${server.port}`, wrong.replace(':wrong', 'someone:wrong')]) {
      const error = await failure(() => open(url));
      assert.equal(error.code, 'unauthenticated');
      assert.match(error.message, /password/);
      const shown = [
        inspect(error, { depth: 9, showHidden: true }),
        JSON.stringify(error),
        String(error.stack),
      ];
      for (const text of shown) assert.doesNotMatch(text, /Secret/);
    }
    const store = await open(server.url);
    await store.set('key', bytes('1'));
    await server.ask('CONFIG SET requirepass other-Secret\r\nCLIENT KILL TYPE normal');
    await recovers(async () => {
      const error = await failure(() => store.get('key'));
      assert.equal(error.code, 'unauthenticated');
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /Secret/);
    });
    await store.close();
  });

  void test('a server that knows no HELLO works, and shows no password either', async (t) => {
    // It repeats the arguments of a command that it does not know.
    const server = await serve(t, { password: 'right-Secret', settings: ['--rename-command', 'HELLO', ''] });
    const store = await open(server.url);
    await store.set('key', bytes('1'));
    assert.deepEqual(await store.get('key'), bytes('1'));
    await store.close();
    const error = await failure(() => open(server.url.replace('right', 'wrong')));
    assert.equal(error.code, 'unauthenticated');
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /Secret/);
  });

  void test('TLS: a certificate that nobody trusts is unavailable, a trusted one works', async (t) => {
    const server = await serve(t, { tls: true });
    const url = `rediss://localhost:${server.tls?.port}`;
    const error = await failure(() => open(url));
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /certificate/);
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, server.tls!.certificate]);
    t.after(() => setDefaultCACertificates(trusted));
    const store = await open(url);
    await store.set('key', bytes('1'));
    assert.deepEqual(await store.get('key'), bytes('1'));
    await store.close();
  });

  void test('a full server is resource-exhausted', async (t) => {
    const server = await serve(t);
    const store = await open(server.url);
    await server.ask('CONFIG SET maxmemory 1');
    const error = await failure(() => store.set('key', bytes('1')));
    assert.deepEqual([error.code, error.outcome], ['resource-exhausted', 'none']);
    await store.close();
  });

  void test('binds that are wrong are invalid-argument, without the password in the text', async () => {
    for (const url of [
      'redis:',
      'redis://:Secret@h/no-number',
      'redis://:Secret@h/0?x=y',
      'redis://:Secret@h:port',
    ]) {
      const error = await failure(() => open(url));
      assert.equal(error.code, 'invalid-argument', url);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /Secret/);
    }
  });
});
