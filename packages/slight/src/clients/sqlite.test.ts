import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openSqlite, type SqliteFile } from './sqlite.ts';

const file: SqliteFile = {
  name: 'app.db',
  layout: 1,
  tables: 'CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY)',
};

async function open(t: TestContext, timeout = 5_000) {
  const folder = mkdtempSync(join(tmpdir(), 'slight-client-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const database = await openSqlite(folder, file, timeout);
  const insert = database.prepare('INSERT INTO rows VALUES (?)');
  const rows = () => {
    const db = new DatabaseSync(database.path);
    const found = db.prepare('SELECT n FROM rows ORDER BY n').all();
    db.close();
    return found.map(({ n }) => n);
  };
  return { database, rows, insert: (n: number) => void insert.run(n) };
}

void test('what is gathered in one turn is one transaction, in the order in which it came', async (t) => {
  const { database, insert, rows } = await open(t);
  t.after(() => database.close());
  const seen: unknown[] = [];
  const gathered = [3, 1, 2].map((n) =>
    database.gather((transaction) => {
      insert(n);
      seen.push(transaction);
      return n * 10;
    }),
  );
  assert.deepEqual(rows(), [], 'not within the turn');
  assert.deepEqual(await Promise.all(gathered), [30, 10, 20]);
  assert.deepEqual(rows(), [1, 2, 3]);
  assert.equal(new Set(seen).size, 1);
  await database.gather((transaction) => seen.push(transaction));
  assert.equal(new Set(seen).size, 2);
});

void test('work that throws undoes nothing but itself', async (t) => {
  const { database, insert, rows } = await open(t);
  t.after(() => database.close());
  const results = await Promise.allSettled([
    database.gather(() => insert(1)),
    database.gather(() => {
      insert(2);
      throw new Error('on purpose');
    }),
    database.gather(() => insert(1)),
    database.gather(() => insert(4)),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal((results[1] as PromiseRejectedResult).reason.message, 'on purpose');
  assert.deepEqual(rows(), [1, 4]);
});

void test('while another process writes, work is kept, and what comes meanwhile is gathered too', async (t) => {
  const { database, insert, rows } = await open(t);
  t.after(() => database.close());
  const other = new DatabaseSync(database.path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const early = database.gather(() => insert(1));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const late = [2, 3].map((n) => database.gather(() => insert(n)));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(rows(), []);
  other.exec('COMMIT');
  await Promise.all([early, ...late]);
  assert.deepEqual(rows(), [1, 2, 3]);
});

void test('a file that stays locked is a timeout, and nothing was written', async (t) => {
  const { database, insert, rows } = await open(t, 300);
  t.after(() => database.close());
  const other = new DatabaseSync(database.path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const failed = { code: 'timeout', outcome: 'none' };
  await Promise.all(
    [1, 2].map((n) =>
      assert.rejects(
        database.gather(() => insert(n)),
        failed,
      ),
    ),
  );
  other.exec('ROLLBACK');
  assert.deepEqual(rows(), []);
});

void test('the last that closes the file has what is left written, or says that it was not', async (t) => {
  const { database, insert, rows } = await open(t);
  const left = database.gather(() => insert(1));
  database.close();
  await left;
  assert.deepEqual(rows(), [1]);

  const blocked = await open(t);
  const other = new DatabaseSync(blocked.database.path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const lost = blocked.database.gather(() => blocked.insert(1));
  blocked.database.close();
  await assert.rejects(lost, { code: 'cancelled' });
  other.exec('ROLLBACK');
  assert.deepEqual(blocked.rows(), []);
});
