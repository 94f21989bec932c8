import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { after, before, suite, test } from 'node:test';
import { postgresMissing, startPostgres } from '../../../../../../test/servers/postgres.ts';
import type { PostgresServer } from '../../../../../../test/servers/postgres.ts';
import { openCapability } from '../../core/open.ts';
import { keyValueConformance } from '../conformance.ts';
import { put } from './postgres-statements.ts';
import { postgres } from './postgres.ts';

suite('key-value on PostgreSQL', { skip: postgresMissing }, () => {
  let server: PostgresServer;
  before(async () => void (server = await startPostgres()));
  after(() => server.stop());

  const bind = () => server.url;
  const checks = keyValueConformance({
    open: (name) =>
      openCapability('keyvalue', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: postgres.features,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);

  test('a fenced delete takes away what an older holder commits at the same time', async () => {
    const bind = { name: 'fenced', bind: server.url, config: {} };
    const store = await openCapability('keyvalue', bind, { dataDir: tmpdir(), timeout: 10_000 });
    const older = new pg.Client({ connectionString: server.url });
    await older.connect();
    try {
      const key = Buffer.from('key');
      await older.query('BEGIN');
      await older.query(put.fenced, ['fenced', key, Buffer.from('old'), null, 'job', '1']);
      const deleted = store.delete('key', { fence: { lock: 'job', token: '2' } });
      const waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
      while (server.ask(waits) === '0') await sleep(20);
      await older.query('COMMIT');
      await deleted;
      assert.equal(await store.get('key'), undefined);
    } finally {
      await older.end();
      await store.close();
    }
  });
});
