import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { MaybePromise } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { isBusy, resultCode, retryBusy } from './busy.ts';

/**
 * One connection to the file, shared by all stores of this process. It never waits: where another process holds the
 * file, the work is tried again later and a promise is given; otherwise it is done at once.
 */
export interface Database {
  prepare(sql: string): StatementSync;
  /** Work of a single statement, which is a transaction by itself. */
  run<T>(work: () => T): MaybePromise<T>;
  /** Work of several statements that holds the write lock from its beginning. */
  transaction<T>(work: () => T): MaybePromise<T>;
  close(): void;
}

interface Connection {
  readonly db: DatabaseSync;
  readonly sweeper: NodeJS.Timeout;
  opens: number;
}

const connections = new Map<string, Connection>();
const schema = 1;
const sweepEvery = 60_000;
/** Rows that one sweep takes at most, so that it holds the event loop and the write lock for a moment only. */
const sweepMost = 500;

/** Opens the database in `dataDir`, which it makes where it is missing. `timeout` in milliseconds. */
export async function openDatabase(dataDir: string, timeout: number): Promise<Database> {
  const path = join(resolve(dataDir), 'keyvalue.db');
  if (!connections.has(path)) {
    // Others may be making the same file now, and SQLite answers BUSY to that without waiting.
    const db = await retryBusy(timeout, () => connect(dataDir, path));
    if (connections.has(path)) db.close();
    else connections.set(path, { db, sweeper: setInterval(() => sweep(db), sweepEvery).unref(), opens: 0 });
  }
  const connection = connections.get(path)!;
  connection.opens++;
  const { db } = connection;

  return {
    prepare: (sql) => db.prepare(sql),
    run: (work) => attempt(timeout, work),
    transaction: (work) => attempt(timeout, () => transact(db, work)),
    close() {
      if (--connection.opens > 0) return;
      connections.delete(path);
      clearInterval(connection.sweeper);
      db.close();
    },
  };
}

function connect(dataDir: string, path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: 0, readBigInts: true });
    if (value(db, 'PRAGMA journal_mode') !== 'wal') value(db, 'PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    const found = Number(value(db, 'PRAGMA user_version'));
    if (found > schema) {
      throw new CapabilityError(
        'invalid-argument',
        `${path} was made by a newer slight (layout ${found}, this one knows ${schema}). Install that one or move the file away`,
      );
    }
    if (found < schema) transact(db, () => createTables(db!));
    return db;
  } catch (error) {
    db?.close();
    throw explain(error, path);
  }
}

/** Values stand last: what is read more often is found before their overflow pages. */
function createTables(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS entries (
      version INTEGER PRIMARY KEY AUTOINCREMENT,
      store TEXT NOT NULL,
      key BLOB NOT NULL,
      expires INTEGER,
      value BLOB NOT NULL,
      UNIQUE (store, key)
    );
    CREATE INDEX IF NOT EXISTS expiring ON entries (expires) WHERE expires IS NOT NULL;
    PRAGMA user_version = ${schema};
  `);
}

function value(db: DatabaseSync, sql: string): unknown {
  return Object.values(db.prepare(sql).get() ?? {})[0];
}

function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const answer = work();
    db.exec('COMMIT');
    return answer;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Does the work now where the file is free; where it is busy, later. */
function attempt<T>(timeout: number, work: () => T): MaybePromise<T> {
  try {
    return work();
  } catch (error) {
    if (!isBusy(error)) throw explain(error);
    return retryBusy(timeout, work).catch((later: unknown) => {
      throw explain(later);
    });
  }
}

/** Rows that expired are invisible already; this gives their room back. */
function sweep(db: DatabaseSync): void {
  try {
    db.prepare(
      'DELETE FROM entries WHERE version IN (SELECT version FROM entries WHERE expires <= ? LIMIT ?)',
    ).run(Date.now(), sweepMost);
  } catch {
    // Nobody waits for this: the next one tries again, and what ails the file shows at the next operation.
  }
}

function explain(error: unknown, path = 'keyvalue.db'): unknown {
  const code = resultCode(error);
  const said = error instanceof Error ? error.message : String(error);
  const say = (kind: ConstructorParameters<typeof CapabilityError>[0], fix: string, outcome?: 'unknown') =>
    new CapabilityError(kind, `${path}: ${said}. ${fix}`, {
      cause: error,
      retryable: false,
      ...(outcome && { outcome }),
    });
  switch (code) {
    case 8: // READONLY
    case 14: // CANTOPEN
    case 23: // AUTH
      return say('unavailable', 'Let this user read and write the data folder and the file');
    case 10: // IOERR
      return say('unavailable', 'Look at the disk', 'unknown');
    case 11: // CORRUPT
    case 26: // NOTADB
      return say('internal', 'The file is damaged or no database: restore it from a backup or move it away');
    case 13: // FULL
      return say('resource-exhausted', 'Make room on the disk');
    case undefined: {
      const reason = (error as { code?: string } | null)?.code;
      const fromFiles =
        reason === 'EACCES' || reason === 'ENOTDIR' || reason === 'EEXIST' || reason === 'EROFS';
      return fromFiles ? say('unavailable', 'Give slight a data folder that this user may write') : error;
    }
    default:
      return error;
  }
}
