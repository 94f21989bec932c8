import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { postgresMissing, startPostgres, type PostgresServer } from '../../../../test/servers/postgres.ts';
import { startProxy, type Proxy } from '../../../../test/servers/proxy.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openPostgres, type PostgresClient } from './postgres.ts';

/** Milliseconds: longer than anybody waits. */
const late = 6_000;
const timeout = 1_000;

async function failure(call: Promise<unknown>): Promise<CapabilityError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

async function eventually(holds: () => unknown): Promise<void> {
  for (const end = performance.now() + 10_000; ; await sleep(20)) {
    if (await holds()) return;
    assert.ok(performance.now() < end, 'it did not come');
  }
}

void suite('a connection to PostgreSQL that broke is used by nobody', { skip: postgresMissing }, () => {
  let server: PostgresServer;
  let link: Proxy;
  const opened: PostgresClient[] = [];

  before(async () => {
    server = await startPostgres({ password: 'secret' });
    link = await startProxy(server.port);
    server.ask("create role app login password 'secret'");
  });
  after(async () => {
    for (const client of opened) client.release();
    await link?.close();
    await server?.kill();
    await server?.stop();
  });

  async function open(user: string): Promise<PostgresClient> {
    const url = new URL(`postgres://${user}:secret@127.0.0.1:${link.port}/test`);
    const client = await openPostgres({ url, config: {}, dataDir: 'unused', timeout }, '');
    opened.push(client);
    return client;
  }
  const pid = async (client: PostgresClient): Promise<number> =>
    Number((await client.query('SELECT pg_backend_pid() AS pid', [], false))[0]!.pid);
  const waiting = () =>
    server.ask(
      "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'slight'",
    );

  void test('one that the server ended in the middle of a statement', async () => {
    const client = await open('postgres');
    const first = await pid(client);
    const error = await failure(client.query('SELECT pg_terminate_backend(pg_backend_pid())', [], true));
    assert.deepEqual([error.code, error.outcome], ['unavailable', 'unknown']);
    // At once, before the end of the connection arrives.
    const [row] = await client.query('SELECT pg_backend_pid() AS pid', [], true);
    assert.notEqual(Number(row!.pid), first);
  });

  void test('one that refused a statement is kept', async () => {
    const client = await open('postgres');
    const first = await pid(client);
    assert.equal((await failure(client.query('SELECT 1/0', [], false))).code, 'invalid-argument');
    assert.equal(await pid(client), first);
  });

  void test('one that is silent while it is looked what tables there are', async (t) => {
    const client = await open('app');
    const owner = new pg.Client(server.url);
    await owner.connect();
    t.after(() => owner.end());
    await owner.query('BEGIN; LOCK TABLE pg_trigger IN ACCESS EXCLUSIVE MODE');
    const making = failure(client.makeTables('CREATE TABLE IF NOT EXISTS forbidden (id int)'));
    await eventually(() => waiting() === '1');
    link.delay(late);
    t.after(() => link.delay(0));
    assert.equal((await making).code, 'unavailable');
    link.delay(0);
    await owner.query('ROLLBACK');
    assert.ok((await pid(client)) > 0);
  });

  void test('one that listens, where the server does not answer', async (t) => {
    const client = await open('postgres');
    const heard: string[] = [];
    (await client.listen('first', (payload) => heard.push(`first ${payload}`)))();
    link.delay(late);
    t.after(() => link.delay(0));
    const error = await failure(client.listen('second', () => undefined));
    assert.equal(error.code, 'unavailable');
    link.delay(0);
    const end = await client.listen('third', (payload) => heard.push(payload));
    t.after(end);
    server.ask("notify third, 'said'");
    await eventually(() => heard.includes('said'));
  });
});
