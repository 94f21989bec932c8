import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import pg from 'pg';
import { postgresMissing, startPostgres } from '../../../../../../test/servers/postgres.ts';
import { openCapability } from '../../core/open.ts';
import { put } from './postgres-statements.ts';

test(
  'a fenced delete takes away what an older holder commits at the same time',
  { skip: postgresMissing },
  async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop());
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
  },
);
