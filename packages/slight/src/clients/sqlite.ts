import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MaybePromise } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { isBusy, longestPause, resultCode, retryBusy } from './sqlite-busy.ts';

/** A file of SQLite in the app's own folder, as the capability that keeps its data there describes it. */
export interface SqliteFile {
  /** `keyvalue.db`. */
  readonly name: string;
  /** The number of its layout, from 1. A file with a higher one was made by a newer slight. */
  readonly layout: number;
  /** The SQL that makes its tables where they are missing (`IF NOT EXISTS`). */
  readonly tables: string;
  /** Gives back room, a little at a time. Called once a minute; what it throws is ignored. */
  sweep?(db: DatabaseSync): void;
}

/**
 * One connection to the file, shared by all in this process that open it. It never waits: where another process holds
 * the file, the work is tried again later and a promise is given; otherwise it is done at once.
 */
export interface SqliteDatabase {
  /** The file's absolute path. */
  readonly path: string;
  /** Integers are read as `bigint`. */
  prepare(sql: string): StatementSync;
  /** Work of a single statement, which is a transaction by itself. */
  run<T>(work: () => T): MaybePromise<T>;
  /** Work of several statements that holds the write lock from its beginning. */
  transaction<T>(work: () => T): MaybePromise<T>;
  /**
   * The same at the end of this turn of the event loop: what comes together is one transaction, with one write to the
   * disk, in the order in which it came. One that throws undoes nothing but itself. Work may be run more than once; each
   * time it is given an object that stands for the transaction.
   */
  gather<T>(work: (transaction: object) => T): Promise<T>;
  /** Lets go of it; the last one that does closes the file. */
  close(): void;
}

interface Connection {
  readonly db: DatabaseSync;
  readonly gather: Gather;
  readonly sweeper: NodeJS.Timeout | undefined;
  opens: number;
}

const connections = new Map<string, Connection>();
const sweepEvery = 60_000;
/**
 * Milliseconds for which one process may write transactions back to back; then it leaves a gap, longer than others pause
 * between two tries: whoever finds the file busy would hardly ever hit upon the moment between two transactions.
 */
const longestRun = 50;
const gap = 2 * longestPause;

/**
 * Opens a file in `dataDir`; makes both where they are missing. Commits are on the disk when they are answered.
 * @param timeout milliseconds that an operation may take, waiting for other processes included
 * @throws {CapabilityError} `unavailable`, `internal` (damaged), `invalid-argument` (of a newer slight), `timeout`
 */
export async function openSqlite(
  dataDir: string,
  file: SqliteFile,
  timeout: number,
): Promise<SqliteDatabase> {
  const path = join(resolve(dataDir), file.name);
  if (!connections.has(path)) {
    // Others may be making the same file now, and SQLite answers BUSY to that without waiting.
    const db = await retryBusy(timeout, () => connect(dataDir, path, file));
    if (connections.has(path)) db.close();
    else
      connections.set(path, {
        db,
        gather: makeGather(db, file.name),
        sweeper: startSweeper(db, file),
        opens: 0,
      });
  }
  const connection = connections.get(path)!;
  connection.opens++;
  const { db, gather } = connection;

  return {
    path,
    prepare: (sql) => db.prepare(sql),
    run: (work) => attempt(file.name, timeout, work),
    transaction: (work) => attempt(file.name, timeout, () => transact(db, work)),
    gather: (work) => gather.add(work, timeout),
    close() {
      if (--connection.opens > 0) return;
      gather.finish();
      connections.delete(path);
      clearInterval(connection.sweeper);
      db.close();
    },
  };
}

interface Gather {
  add<T>(work: (transaction: object) => T, timeout: number): Promise<T>;
  /** Does what is left, at once; what cannot be done at once is `cancelled`. */
  finish(): void;
}

interface Job {
  readonly work: (transaction: object) => unknown;
  /** On the clock of `performance`. */
  readonly end: number;
  resolve(answer: any): void;
  reject(error: unknown): void;
}

function makeGather(db: DatabaseSync, name: string): Gather {
  let jobs: Job[] = [];
  /** A turn's end is awaited, or the file is. */
  let busy = false;

  function commit(batch: readonly Job[]): void {
    const answers = transact(db, () => {
      const transaction = {};
      return batch.map(({ work }) => work(transaction));
    });
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
  }

  /** One that throws takes the others' writes with it; then each is done alone. */
  async function settle(batch: readonly Job[]): Promise<void> {
    try {
      // Jobs came in the order of their ends.
      await attempt(name, batch[0]!.end - performance.now(), () => commit(batch));
    } catch (error) {
      if (batch.length === 1) return batch[0]!.reject(error);
      for (const job of batch) await settle([job]);
    }
  }

  async function run(): Promise<void> {
    let since = performance.now();
    while (jobs.length > 0) {
      const batch = jobs;
      jobs = [];
      await settle(batch);
      // What answers led to comes together with the next turn's, which the event loop must get to as well.
      await new Promise(setImmediate);
      if (performance.now() - since < longestRun) continue;
      await sleep(gap);
      since = performance.now();
    }
    busy = false;
  }

  return {
    add: (work, timeout) =>
      new Promise((resolve, reject) => {
        jobs.push({ work, end: performance.now() + timeout, resolve, reject });
        if (busy) return;
        busy = true;
        setImmediate(() => void run());
      }),
    finish() {
      const batch = jobs;
      jobs = [];
      if (batch.length === 0) return;
      try {
        commit(batch);
      } catch {
        const error = new CapabilityError('cancelled', `${name} was closed before this was written`);
        for (const { reject } of batch) reject(error);
      }
    },
  };
}

function startSweeper(db: DatabaseSync, file: SqliteFile): NodeJS.Timeout | undefined {
  if (file.sweep === undefined) return undefined;
  const sweep = (): void => {
    try {
      file.sweep!(db);
    } catch {
      // Nobody waits for this: the next one tries again, and what ails the file shows at the next operation.
    }
  };
  return setInterval(sweep, sweepEvery).unref();
}

function connect(dataDir: string, path: string, { layout, tables }: SqliteFile): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: 0, readBigInts: true });
    if (value(db, 'PRAGMA journal_mode') !== 'wal') value(db, 'PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    const found = Number(value(db, 'PRAGMA user_version'));
    if (found > layout) {
      throw new CapabilityError(
        'invalid-argument',
        `${path} was made by a newer slight (layout ${found}, this one knows ${layout}). Install that one or move the file away`,
      );
    }
    if (found < layout) transact(db, () => db!.exec(`${tables}; PRAGMA user_version = ${layout}`));
    return db;
  } catch (error) {
    db?.close();
    throw explainSqlite(error, path);
  }
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
function attempt<T>(name: string, timeout: number, work: () => T): MaybePromise<T> {
  try {
    return work();
  } catch (error) {
    if (!isBusy(error)) throw explainSqlite(error, name);
    return retryBusy(timeout, work).catch((later: unknown) => {
      throw explainSqlite(later, name);
    });
  }
}

/**
 * What SQLite or the file system threw, as a `CapabilityError` where the file or the disk is to blame; otherwise as it is.
 * @param path for the message
 */
export function explainSqlite(error: unknown, path: string): unknown {
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
