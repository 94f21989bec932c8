import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { etcdMissing, startEtcd, type EtcdServer } from '../../../../test/servers/etcd.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../../test/servers/postgres.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';
import type { KeyValue } from '../capabilities/keyvalue/contract.ts';
import { encode, endOfPrefix, openEtcd } from './etcd.ts';

const password = 'S3same/@:% #?é';
const encoded = encodeURIComponent(password);

const stores: KeyValue[] = [];

/** Stores are closed before it ends: PostgreSQL waits for that. */
async function serve<Server extends TestServer>(t: TestContext, starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  t.after(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await server.stop();
  });
  return server;
}

async function open(bind: string): Promise<KeyValue> {
  const store = await openCapability(
    'keyvalue',
    { name: 'notes', bind, config: {} },
    { dataDir: 'unused', timeout: 2_000 },
  );
  stores.push(store);
  return store;
}

async function failure(call: () => unknown): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    assert.doesNotMatch(error.message, /S3same/);
    return error;
  }
  return assert.fail('it did not fail');
}

async function recovers(call: () => unknown): Promise<void> {
  for (const end = performance.now() + 60_000; ; await sleep(50)) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

void suite('credentials of NATS', { skip: natsMissing }, () => {
  void test('a token works, and another one does not', async (t) => {
    const server = await serve(t, startNats({ token: password }));
    await (await open(server.url)).set('key', Buffer.from('1'));
    const error = await failure(() => open(server.url.replace('S3same', 'S3samo')));
    assert.equal(error.code, 'unauthenticated');
  });

  void test('a password that was changed is said, until it is as it was', async (t) => {
    const server = await serve(t, startNats({ user: 'tester', password }));
    const store = await open(server.url);
    await store.set('key', Buffer.from('1'));
    await server.changePassword('another');
    await recovers(async () => assert.equal((await failure(() => store.get('key'))).code, 'unauthenticated'));
    // Longer than the library would try a password that was refused.
    await sleep(1_000);
    await server.changePassword(password);
    await recovers(async () => assert.deepEqual(await store.get('key'), Buffer.from('1')));
  });
});

void suite('credentials of etcd', { skip: etcdMissing }, () => {
  void test('tokens that ended are renewed, once for all who need it, also for watches', async (t) => {
    const server = await serve(t, startEtcd({ password, tokenTtl: 1 }));
    const url = server.url.replace('http://', `etcd://root:${encoded}@`);
    const store = await open(url);
    const other = await openEtcd(new URL(url), 2_000);
    t.after(() => other.release());
    const ended = async (): Promise<void> => {
      const { token } = await server.ask('auth/authenticate', { name: 'root', password });
      // Who uses a token has it longer.
      await recovers(async () => {
        await sleep(2_500);
        const headers = { authorization: token };
        const body = JSON.stringify({ key: encode('k') });
        const answer = await fetch(`${server.url}/v3/kv/range`, { method: 'POST', headers, body });
        assert.match(await answer.text(), /invalid auth token/);
      });
    };
    await ended();
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => store.set(key, Buffer.from(key))));
    await ended();
    const ending = new AbortController();
    const heard: string[] = [];
    const watching = other.watch(
      { key: encode('notes:seen') },
      ({ created, events = [] }) => {
        heard.push(created ? 'created' : '', ...events.map(() => 'event'));
      },
      ending.signal,
    );
    await recovers(() => assert.ok(heard.includes('created')));
    await store.set('seen', Buffer.from('1'));
    await recovers(() => assert.ok(heard.includes('event')));
    ending.abort();
    await watching;
  });

  /** A user with no other right than to keys that begin so, and what a bind of that user is. */
  async function addUser(server: EtcdServer, prefix: string) {
    await server.ask('auth/user/add', { name: 'app', password });
    await server.ask('auth/role/add', { name: 'app' });
    const range = { key: encode(prefix), range_end: endOfPrefix(prefix) };
    await server.ask('auth/role/grant', { name: 'app', perm: { permType: 'READWRITE', ...range } });
    await server.ask('auth/user/grant', { user: 'app', role: 'app' });
    return { range, url: server.url.replace('http://', `etcd://app:${encoded}@`) };
  }

  void test('locks need no other right than to the keys of their name', async (t) => {
    const server = await serve(t, startEtcd({ password }));
    const { range, url } = await addUser(server, '/locks/jobs:');
    const locks = await openCapability(
      'locks',
      { name: 'jobs', bind: url, config: {} },
      { dataDir: 'unused', timeout: 2_000 },
    );
    t.after(() => locks.close());
    await locks.ping();
    const first = await locks.acquire('report', 5_000, 0);
    const waiting = locks.acquire('report', 5_000, 10_000);
    assert.ok(first !== undefined);
    await locks.renew('report', first.token, 8_000);
    await locks.release('report', first.token);
    const second = await waiting;
    assert.ok(second !== undefined && second.token > first.token);
    await locks.release('report', second.token);
    await server.ask('auth/role/revoke', { role: 'app', ...range });
    assert.equal((await failure(() => locks.ping())).code, 'permission-denied');
  });

  void test('a user with no other right than to the keys of a store', async (t) => {
    const server = await serve(t, startEtcd({ password }));
    const { range, url } = await addUser(server, 'notes:');
    const store = await open(url);
    await store.ping();
    await store.set('key', Buffer.from('1'), { ttl: 60_000 });
    const fenced = () => store.set('key', Buffer.from('1'), { fence: { lock: 'l', token: '1' } });
    assert.equal((await failure(fenced)).code, 'permission-denied');
    const fences = { key: encode('/fences/notes:'), range_end: endOfPrefix('/fences/notes:') };
    await server.ask('auth/role/grant', { name: 'app', perm: { permType: 'READWRITE', ...fences } });
    await fenced();
    // Whatever changes rights makes all tokens worth nothing.
    await server.ask('auth/user/add', { name: 'third', password });
    assert.deepEqual(await store.get('key'), Buffer.from('1'));
    const watch = await store.watch({ key: 'key' });
    await server.ask('auth/role/revoke', { role: 'app', ...range });
    assert.equal((await failure(() => store.get('key'))).code, 'permission-denied');
    assert.equal((await failure(() => store.watch({ key: 'key' }))).code, 'permission-denied');
    watch.close();
  });
});

void suite('credentials of PostgreSQL', { skip: postgresMissing }, () => {
  void test('TLS is spoken with whoever answers where sslmode says require, and with nobody else where it says verify-full', async (t) => {
    const server = await serve(t, startPostgres({ password, tls: true }));
    const secure =
      "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where ssl and application_name = 'slight'";
    const store = await open(`${server.url}?sslmode=disable`);
    await store.set('key', Buffer.from('1'));
    assert.equal(server.ask(secure), '0');
    const other = await open(`${server.url}?sslmode=require`);
    await other.set('key', Buffer.from('1'));
    assert.notEqual(server.ask(secure), '0');
    const error = await failure(() => open(`${server.url}?sslmode=verify-full`));
    assert.deepEqual([error.code, error.outcome], ['unavailable', 'none']);
  });
});
