import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { openCapability } from '../../core/open.ts';
import type { Sql, SqlRow, SqlValue } from '../contract.ts';
import { largestValue } from '../validate.ts';

const endless = 'WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-sqlite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(
  t: TestContext,
  { dataDir = makeFolder(t), name = 'shop', bind = 'sqlite', config = {}, timeout = 5_000 } = {},
): Promise<Sql> {
  const db = await openCapability('sql', { name, bind, config }, { dataDir, timeout });
  t.after(() => db.close());
  return db;
}

const run = (db: Sql, text: string, ...parameters: SqlValue[]) => db.execute({ text, parameters });

async function all(db: Sql, text: string, ...parameters: SqlValue[]): Promise<SqlRow[]> {
  const rows = await db.query({ text, parameters });
  const found: SqlRow[] = [];
  for (let page = await rows.next(); page.length > 0; page = await rows.next()) found.push(...page);
  return found;
}

/** The processes that this one started. */
function runners(): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(process.pid), '-f', 'sqlite-runner'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

test('any values go in and come out as they were', async (t) => {
  const db = await open(t);
  await run(db, 'CREATE TABLE v (i INTEGER, f REAL, t TEXT, b BLOB, n, d DECIMAL TEXT, l BOOLEAN)');
  const row = fc.record({
    i: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    f: fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    t: fc.string({ unit: 'binary', maxLength: 50 }),
    b: fc.uint8Array({ maxLength: 100 }),
    n: fc.oneof(fc.constant(null), fc.string({ unit: 'binary' }), fc.bigInt({ min: -9n, max: 9n })),
    d: fc
      .tuple(fc.nat(), fc.nat())
      .map(([whole, part]) => ({ type: 'decimal' as const, text: `${whole}.${part}` })),
    l: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(row, async (values) => {
      const given = Object.values(values) as SqlValue[];
      const insert = 'INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *';
      const [back] = await all(db, insert, ...given);
      const plain = (list: readonly SqlValue[]) =>
        list.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value));
      assert.deepEqual(plain(back!), plain(given));
    }),
    { numRuns: 80 },
  );
});

test('what is of no form of its column’s type comes back as it is', async (t) => {
  const db = await open(t, { timeout: 30_000 });
  await run(db, 'CREATE TABLE v (d DATE, t TIME, s TIMESTAMP DEFAULT CURRENT_TIMESTAMP, n DECIMAL TEXT)');
  await run(db, "INSERT INTO v VALUES ('tomorrow', 'noon', '2027-02-30T00:00:00Z', '1,5')");
  await run(db, "INSERT INTO v (d, n) VALUES ('2028-02-29', '1.50')");
  const [first, second] = await all(db, 'SELECT * FROM v ORDER BY rowid');
  assert.deepEqual(first, ['tomorrow', 'noon', '2027-02-30T00:00:00Z', '1,5']);
  const types = second!.map((value) => value && (value as { type?: string }).type);
  assert.deepEqual(types, ['date', null, 'timestamp', 'decimal']);
});

test('the largest value goes in and comes out; a larger one is refused on either way', async (t) => {
  const db = await open(t, { timeout: 20_000 });
  await run(db, 'CREATE TABLE v (b BLOB)');
  const largest = new Uint8Array(largestValue).fill(7);
  await run(db, 'INSERT INTO v VALUES (?)', largest);
  const [[back]] = (await all(db, 'SELECT b FROM v')) as [[Uint8Array]];
  assert.ok(Buffer.from(back).equals(largest));
  await assert.rejects(async () => run(db, 'INSERT INTO v VALUES (?)', new Uint8Array(largestValue + 1)), {
    code: 'invalid-argument',
    detail: { limit: largestValue },
  });
  await assert.rejects(async () => all(db, 'SELECT zeroblob(?)', BigInt(2 * largestValue)), {
    code: 'invalid-argument',
    detail: { limit: largestValue },
  });
  await run(db, 'INSERT INTO v VALUES (?)', largest);
  await assert.rejects(async () => all(db, 'UPDATE v SET b = b RETURNING b'), {
    code: 'resource-exhausted',
    message: /more than 25 MiB, so nothing was written/,
  });
});

test('a statement without end is ended; what it held is free, and what others do goes on', async (t) => {
  const db = await open(t, { timeout: 3_000 });
  await run(db, 'CREATE TABLE t (a)');
  await all(db, 'SELECT 1');
  const ending = assert.rejects(async () => run(db, `INSERT INTO t ${endless.replace('count(*)', 'x')}`), {
    code: 'timeout',
    outcome: 'unknown',
    message: /was ended/,
  });
  const transaction = await db.begin({ readOnly: true });
  await transaction.query({ text: 'SELECT * FROM t', parameters: [] });
  await ending;
  await run(db, 'INSERT INTO t VALUES (1)');
  assert.deepEqual(await all(db, 'SELECT * FROM t'), [[1n]]);
  await transaction.commit();
  // One that only reads did nothing; one within a transaction takes that along.
  const nothing = { code: 'timeout', outcome: 'none', message: /Nothing was written$/ };
  await assert.rejects(async () => all(db, endless), nothing);
  await assert.rejects(async () => run(db, endless), nothing);
  const doomed = await db.begin();
  await doomed.execute({ text: 'INSERT INTO t VALUES (2)', parameters: [] });
  await assert.rejects(async () => doomed.query({ text: endless, parameters: [] }), {
    code: 'timeout',
    outcome: 'none',
  });
  await assert.rejects(async () => doomed.commit(), { code: 'aborted' });
  assert.deepEqual(await all(db, 'SELECT * FROM t'), [[1n]]);
});

test('a statement that takes too much memory is ended', async (t) => {
  const db = await open(t, { timeout: 30_000 });
  const wide = `SELECT ${Array.from({ length: 60 }, () => 'randomblob(25000000)').join(', ')}`;
  await assert.rejects(async () => all(db, wide), { code: 'resource-exhausted', message: /too much memory/ });
  await assert.rejects(async () => all(db, 'SELECT randomblob(20000000), randomblob(20000000)'), {
    code: 'resource-exhausted',
    message: /a row has more than 25 MiB/,
  });
  assert.deepEqual(await all(db, 'SELECT 1'), [[1n]]);
});

test('a process that is killed from outside takes its statement along, and is replaced', async (t) => {
  const db = await open(t);
  await run(db, 'CREATE TABLE t (a)');
  const transaction = await db.begin();
  await transaction.execute({ text: 'INSERT INTO t VALUES (1)', parameters: [] });
  for (const pid of runners()) process.kill(pid, 'SIGKILL');
  await assert.rejects(async () => transaction.commit(), { code: 'unavailable', outcome: 'unknown' });
  assert.deepEqual(await all(db, 'SELECT count(*) FROM t'), [[0n]]);
  // Those that waited for work: a read finds another one by itself.
  for (const pid of runners()) process.kill(pid, 'SIGKILL');
  assert.deepEqual(await all(db, 'SELECT 1'), [[1n]]);
});

test('connections are bounded: who finds none waits, and is told at last', async (t) => {
  const db = await open(t, { timeout: 3_000, config: { connections: 2 } });
  await run(db, 'CREATE TABLE t (a)');
  const held = [await db.begin({ readOnly: true }), await db.begin({ readOnly: true })];
  assert.equal(runners().length >= 2, true);
  await assert.rejects(async () => all(db, 'SELECT 1'), {
    code: 'resource-exhausted',
    retryable: true,
    message: /all 2 connections/,
  });
  const waiting = all(db, 'SELECT 2');
  await held[0]!.rollback();
  assert.deepEqual(await waiting, [[2n]]);
  await held[1]!.rollback();
});

test('who cannot get the write lock in time is aborted, and nothing of it happened', async (t) => {
  const db = await open(t, { timeout: 3_000 });
  await run(db, 'CREATE TABLE t (a)');
  const holder = await db.begin();
  await holder.execute({ text: 'INSERT INTO t VALUES (1)', parameters: [] });
  const aborted = { code: 'aborted', retryable: true, outcome: 'none' };
  await assert.rejects(async () => run(db, 'INSERT INTO t VALUES (2)'), aborted);
  await assert.rejects(async () => db.begin(), aborted);
  await holder.commit();
  assert.deepEqual(await all(db, 'SELECT * FROM t'), [[1n]]);
});

test('who waits to write, by a query too, keeps no connection from those who read', async (t) => {
  const db = await open(t, { timeout: 30_000, config: { connections: 2 } });
  await run(db, 'CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
  const holder = await db.begin();
  const insert = (index: number) =>
    all(db, 'INSERT INTO t (b) VALUES (?) RETURNING a', BigInt(index)).then(([row]) => row![0]);
  let written = false;
  const waiting = Promise.all([1, 2, 3, 4].map(insert)).finally(() => void (written = true));
  assert.deepEqual(await all(db, 'SELECT count(*) FROM t'), [[0n]]);
  // It only tells, so the write lock is nothing to it.
  assert.equal((await all(db, 'PRAGMA table_info(t)')).length, 2);
  assert.equal(written, false);
  await holder.commit();
  assert.deepEqual(await waiting, [1n, 2n, 3n, 4n]);
});

test('the number of the last row is that of one which the statement itself inserted', async (t) => {
  const db = await open(t, { timeout: 30_000, config: { connections: 1 } });
  for (const text of [
    'CREATE TABLE t (a INTEGER PRIMARY KEY, b)',
    'CREATE TABLE log (a INTEGER PRIMARY KEY, b)',
    'CREATE TABLE named (name TEXT PRIMARY KEY) WITHOUT ROWID',
    'CREATE VIEW shown AS SELECT * FROM t',
    'CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO log (b) VALUES (old.a); END',
    'CREATE TRIGGER come AFTER INSERT ON t BEGIN UPDATE log SET b = 0; END',
    'CREATE TRIGGER said INSTEAD OF INSERT ON shown BEGIN INSERT INTO t (b) VALUES (new.b); END',
  ])
    await run(db, text);
  const inserted = { rows: 1, lastInsertId: 70n };
  // What a trigger does besides is its own.
  assert.deepEqual(await run(db, 'INSERT INTO t VALUES (70, 1)'), inserted);
  assert.deepEqual(await run(db, "INSERT INTO named VALUES ('a')"), { rows: 1 });
  assert.deepEqual(await run(db, "INSERT INTO named SELECT 'b'"), { rows: 1 });
  assert.deepEqual(await run(db, 'EXPLAIN INSERT INTO t VALUES (71, 1)'), { rows: 0 });
  assert.deepEqual(await run(db, 'INSERT INTO shown (b) VALUES (2)'), { rows: 0 });
  assert.deepEqual(await run(db, 'DELETE FROM t WHERE a = 70'), { rows: 1 });
  assert.deepEqual(await run(db, 'CREATE VIRTUAL TABLE found USING fts5(b)'), { rows: 0 });
  assert.deepEqual(await run(db, "INSERT INTO found VALUES ('a')"), { rows: 1, lastInsertId: 1n });
  // A table of that name which is another.
  await run(db, 'DROP TABLE named');
  await run(db, 'CREATE TABLE named (name TEXT PRIMARY KEY)');
  assert.deepEqual(await run(db, "INSERT INTO named VALUES ('a')"), { rows: 1, lastInsertId: 1n });
  await run(db, 'DROP TABLE named');
  await run(db, 'CREATE TABLE named (name TEXT PRIMARY KEY) WITHOUT ROWID');
  assert.deepEqual(await run(db, "INSERT INTO named VALUES ('a')"), { rows: 1 });
});

test('statements of one transaction that are asked for at once run one after the other', async (t) => {
  const db = await open(t);
  await run(db, 'CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
  const transaction = await db.begin();
  const insert = (index: number) =>
    transaction.execute({ text: 'INSERT INTO t (b) VALUES (?)', parameters: [BigInt(index)] });
  const changes = await Promise.all(Array.from({ length: 30 }, (_, index) => insert(index)));
  assert.deepEqual(
    changes.map(({ lastInsertId }) => lastInsertId),
    Array.from({ length: 30 }, (_, index) => BigInt(index + 1)),
  );
  const many =
    'WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9999) SELECT x FROM n';
  const rows = await transaction.query({ text: many, parameters: [] });
  assert.equal((await rows.next()).length, 500);
  await transaction.commit();
  await assert.rejects(async () => rows.next(), { code: 'precondition-failed' });
  await rows.close();
  assert.deepEqual(await all(db, 'SELECT count(*), sum(b) FROM t'), [[30n, 435n]]);
});

test('what is open when the database is closed is let go without a word', async (t) => {
  const db = await open(t);
  await run(db, 'CREATE TABLE t (a)');
  const transaction = await db.begin();
  await transaction.execute({ text: 'INSERT INTO t VALUES (1)', parameters: [] });
  const prepared = await db.prepare('SELECT * FROM t');
  await db.close();
  await transaction.rollback();
  await prepared.close();
});

test('no process is started before SQL is run, and none is left when it is closed', async (t) => {
  const before = new Set(runners());
  const db = await open(t);
  await db.ping();
  const started = () => runners().filter((pid) => !before.has(pid));
  assert.deepEqual(started(), []);
  await all(db, 'SELECT 1');
  assert.equal(started().length, 1);
  await db.close();
  for (const end = performance.now() + 5_000; started().length > 0;) {
    assert.ok(performance.now() < end, 'it is still there');
    await new Promise((next) => setTimeout(next, 20));
  }
});

test('a bind may name a file, from the slightfile on', async (t) => {
  const folder = makeFolder(t);
  const dataDir = join(folder, '.slight');
  const db = await open(t, { dataDir, bind: 'sqlite:./data/app.db' });
  await run(db, 'CREATE TABLE t (a)');
  assert.ok(statSync(join(folder, 'data/app.db')).isFile());
  const same = await open(t, { dataDir, name: 'other', bind: 'sqlite:data/app.db' });
  assert.deepEqual(await all(same, 'SELECT * FROM t'), []);
  for (const bind of ['sqlite://host/app.db', 'sqlite:app.db?mode=ro', 'sqlite::memory:'])
    await assert.rejects(open(t, { dataDir, bind }), {
      code: 'invalid-argument',
      message: /sqlite:\.\/app\.db/,
    });
  await assert.rejects(open(t, { dataDir, config: { connections: 0 } }), { code: 'invalid-argument' });
});

test('a file that is no database is refused, with what to do', async (t) => {
  const folder = makeFolder(t);
  writeFileSync(
    join(folder, 'no.db'),
    'this is some text that is no database at all, but long enough'.repeat(20),
  );
  await assert.rejects(open(t, { dataDir: join(folder, '.slight'), bind: 'sqlite:./no.db' }), {
    code: 'internal',
    message: /no\.db: .*not a database.*restore it/,
  });
});

test('an error says where it stumbled', async (t) => {
  const db = await open(t);
  const places: { readonly [text: string]: RegExp } = {
    'SELECT 1\n  FORM t': /near "t": syntax error \(line 2, column 8\)/,
    'SELECT *\nFROM nowhere': /no such table: nowhere \(line 2, column 6\)/,
    'SELECT (1': /incomplete input: the statement ends too early/,
    "SELECT 'near' near near": /near "near": syntax error$/,
  };
  for (const [text, message] of Object.entries(places))
    await assert.rejects(async () => all(db, text), { code: 'invalid-argument', message });
});
