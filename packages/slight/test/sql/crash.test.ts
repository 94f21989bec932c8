import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../src/capabilities/core/open.ts';
import type { Sql } from '../../src/capabilities/sql/contract.ts';

/** How often a writer is killed; 200 for a long look. */
const rounds = Number(process.env.SLIGHT_SQL_ROUNDS ?? 4);

async function open(dataDir: string): Promise<Sql> {
  return await openCapability(
    'sql',
    { name: 'pairs', bind: 'sqlite', config: {} },
    { dataDir, timeout: 20_000 },
  );
}

async function makeTables(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'slight-sql-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const db = await open(folder);
  for (const table of ['a', 'b'])
    await db.execute({
      text: `CREATE TABLE ${table} (pair INTEGER PRIMARY KEY, filler BLOB)`,
      parameters: [],
    });
  await db.close();
  return folder;
}

/** In a process group of its own, with the processes that run its SQL. */
function startWriter(t: TestContext, dataDir: string, first: number, count: number) {
  const script = join(import.meta.dirname, 'writer.ts');
  const child = spawn(process.execPath, [script, dataDir, String(first), String(count)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killAll = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  t.after(killAll);
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  return {
    child,
    killAll,
    committed: () => output.split('\n').slice(0, -1).map(Number),
    ended: once(child, 'close').then(() => errors),
  };
}

/** What is there, read by SQLite alone. */
function look(dataDir: string): { a: number[]; b: number[] } {
  const db = new DatabaseSync(join(dataDir, 'sql/pairs.db'));
  // One look at both: what a killed host had asked for may be done just now.
  db.exec('BEGIN');
  const pairs = (table: string) =>
    db
      .prepare(`SELECT pair FROM ${table} ORDER BY pair`)
      .all()
      .map(({ pair }) => Number(pair));
  const found = { a: pairs('a'), b: pairs('b') };
  db.exec('COMMIT');
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
  return found;
}

const patience = { timeout: 120_000 + rounds * 5_000 };
test(
  'a host that is killed while it commits loses nothing that it was told is there, and leaves nothing half',
  patience,
  async (t) => {
    const dataDir = await makeTables(t);
    const committed: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const writer = startWriter(t, dataDir, round * 1_000_000, 1_000_000);
      // A little longer each time, so that it dies at another place.
      while (writer.committed().length < 3 + (round % 7)) {
        assert.equal(writer.child.exitCode, null, 'it ended by itself');
        await once(writer.child.stdout, 'data');
      }
      const pause = (round * 37) % 11;
      if (pause > 0) await new Promise((next) => setTimeout(next, pause));
      // Either all of its processes, or the host alone: then what it had begun is rolled back, or over.
      if (round % 2 === 0) writer.killAll();
      else writer.child.kill('SIGKILL');
      await writer.ended;
      committed.push(...writer.committed());
      const { a, b } = look(dataDir);
      assert.deepEqual(a, b, `round ${round}: half of a pair`);
      const there = new Set(a);
      assert.deepEqual(
        committed.filter((pair) => !there.has(pair)),
        [],
        `round ${round}: lost`,
      );
      assert.ok(
        a.length <= committed.length + round + 1,
        `round ${round}: at most one more each time than was told`,
      );
    }
  },
);

test('processes that write to one file at the same time lose nothing', async (t) => {
  const dataDir = await makeTables(t);
  const writers = [0, 1, 2].map((index) => startWriter(t, dataDir, index * 1_000, 40));
  for (const { ended } of writers) assert.equal(await ended, '');
  const { a, b } = look(dataDir);
  assert.deepEqual(a, b);
  assert.deepEqual(
    a,
    writers.flatMap(({ committed }) => committed()).toSorted((one, other) => one - other),
  );
  assert.equal(a.length, 120);
});

test('processes that open a file that is not there yet make it once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-sql-open-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const opened = await Promise.all(Array.from({ length: 4 }, () => open(folder)));
  const create = { text: 'CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY)', parameters: [] };
  await Promise.all(opened.map((db) => db.execute(create)));
  await Promise.all(
    opened.map((db, index) => db.execute({ text: 'INSERT INTO t VALUES (?)', parameters: [BigInt(index)] })),
  );
  const rows = await opened[0]!.query({ text: 'SELECT count(*) FROM t', parameters: [] });
  assert.deepEqual(await rows.next(), [[4n]]);
  for (const db of opened) await db.close();
});
