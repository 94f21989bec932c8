import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { postgresMissing, startPostgres, type PostgresServer } from '../../../../test/servers/postgres.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';

async function start(t: TestContext) {
  const server = await startPostgres({ password: 'secret' });
  const opened: { close(): unknown }[] = [];
  t.after(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await server.stop();
  });
  server.ask("create role app login password 'secret'");

  async function open<Name extends 'keyvalue' | 'locks'>(capability: Name, user: string) {
    const bind = server.url.replace('postgres:secret', `${user}:secret`);
    const made = await openCapability(
      capability,
      { name: 'notes', bind, config: {} },
      { dataDir: 'unused', timeout: 2_000 },
    );
    opened.push(made);
    return made;
  }
  return { server, open };
}

const grant = (server: PostgresServer, tables: string, sequence: string) => {
  server.ask(`grant select, insert, update, delete on ${tables} to app`);
  server.ask(`grant usage on sequence ${sequence} to app`);
};

async function failure(call: () => unknown): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

test(
  'values need no more than the rights to tables that somebody else has made',
  { skip: postgresMissing },
  async (t) => {
    const { server, open } = await start(t);
    const missing = await failure(() => open('keyvalue', 'app'));
    assert.equal(missing.code, 'permission-denied');
    assert.match(missing.message, /schema public.*CREATE on the schema/);
    const owner = await open('keyvalue', 'postgres');
    await owner.set('key', Buffer.from('1'));
    const denied = await open('keyvalue', 'app');
    assert.equal((await failure(() => denied.get('key'))).code, 'permission-denied');
    grant(server, 'slight_values, slight_fences', 'slight_versions');
    const store = await open('keyvalue', 'app');
    await store.ping();
    assert.deepEqual(await store.get('key'), Buffer.from('1'));
    await store.set('key', Buffer.from('2'), { fence: { lock: 'l', token: '1' }, ttl: 60_000 });
    assert.equal(await store.increment('key', 1n), 3n);
    assert.deepEqual((await store.keys({})).keys, ['key']);
    await store.delete('key');
    // What tells of changes is made with the first watch.
    assert.equal((await failure(() => store.watch({ key: 'key' }))).code, 'permission-denied');
    (await owner.watch({ key: 'key' })).close();
    const watch = await store.watch({ key: 'key' });
    await store.set('key', Buffer.from('4'));
    assert.deepEqual(
      (await watch.next(5_000)).changes.map(({ key }) => key),
      ['key'],
    );
    watch.close();
  },
);

test('locks do, too', { skip: postgresMissing }, async (t) => {
  const { server, open } = await start(t);
  await open('locks', 'postgres');
  grant(server, 'slight_locks, slight_lock_line', 'slight_lock_line_ticket_seq');
  const locks = await open('locks', 'app');
  await locks.ping();
  const first = await locks.acquire('report', 5_000, 0);
  const waiting = locks.acquire('report', 5_000, 10_000);
  await locks.renew('report', first!.token, 8_000);
  await locks.release('report', first!.token);
  const second = await waiting;
  assert.ok(second !== undefined && second.token > first!.token);
});
