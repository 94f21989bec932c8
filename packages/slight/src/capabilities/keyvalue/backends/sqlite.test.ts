import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../core/open.ts';
import type { KeyValue } from '../contract.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-sqlite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

async function open(t: TestContext, dataDir: string, timeout = 5_000): Promise<KeyValue> {
  const store = await openCapability(
    'keyvalue',
    { name: 'orders', bind: 'sqlite', config: {} },
    { dataDir, timeout },
  );
  t.after(() => store.close());
  return store;
}

const one = Buffer.from('1');

void test('the folder is for its owner alone, and there is one file for all stores', async (t) => {
  const dataDir = makeFolder(t);
  const store = await open(t, dataDir);
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  await store.set('k', one);
  const db = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  t.after(() => db.close());
  assert.deepEqual({ ...db.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  assert.equal(db.prepare('SELECT store FROM entries').get()?.store, 'orders');
});

void test('while another process writes, a write waits without stopping anything, and a read answers at once', async (t) => {
  const dataDir = makeFolder(t);
  const store = await open(t, dataDir);
  await store.set('k', one);
  const other = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');

  const writing = store.increment('k', 1n);
  assert.ok(writing instanceof Promise, 'a busy file gives a promise');
  assert.deepEqual(Buffer.from(store.get('k') as Uint8Array), one);
  let ended = false;
  void writing.then(() => (ended = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(ended, false);
  other.exec('COMMIT');
  assert.equal(await writing, 2n);
  assert.equal(store.increment('k', 1n), 3n, 'a free file answers at once again');
});

void test('a file that stays locked is a timeout, and nothing was written', async (t) => {
  const dataDir = makeFolder(t);
  const store = await open(t, dataDir, 500);
  const other = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(async () => store.set('k', one), {
    code: 'timeout',
    outcome: 'none',
    retryable: true,
  });
  other.exec('ROLLBACK');
  assert.equal(store.get('k'), undefined);
});

void test('expired rows leave the file', async (t) => {
  const dataDir = makeFolder(t);
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
  const store = await open(t, dataDir);
  for (let i = 0; i < 20; i++) void store.set(`gone ${i}`, one, { ttl: 1_000 });
  void store.set('stays', one, { ttl: 1_000_000 });
  void store.set('for ever', one);
  t.mock.timers.tick(61_000);
  const db = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  t.after(() => db.close());
  assert.equal(db.prepare('SELECT count(*) AS n FROM entries').get()?.n, 2);
});

void test('a file that cannot be used says why', async (t) => {
  const dataDir = makeFolder(t);
  mkdirSync(dataDir);
  writeFileSync(
    join(dataDir, 'keyvalue.db'),
    'this is no database, and it is long enough to be looked at'.repeat(50),
  );
  await assert.rejects(open(t, dataDir), {
    code: 'internal',
    message: /keyvalue\.db: .*restore it from a backup/,
  });

  const newer = makeFolder(t);
  await (await open(t, newer)).close();
  const db = new DatabaseSync(join(newer, 'keyvalue.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  await assert.rejects(open(t, newer), { code: 'invalid-argument', message: /made by a newer slight/ });

  const blocked = makeFolder(t);
  writeFileSync(blocked, 'a file where the folder should be');
  await assert.rejects(open(t, blocked), { code: 'unavailable', message: /data folder/ });
});

void test(
  'a folder that may not be written to is unavailable',
  { skip: process.getuid?.() === 0 && 'root may write anywhere; run as another user' },
  async (t) => {
    const dataDir = makeFolder(t);
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o500);
    await assert.rejects(open(t, dataDir), { code: 'unavailable' });
  },
);
