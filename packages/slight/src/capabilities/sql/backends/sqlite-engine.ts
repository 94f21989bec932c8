import { DatabaseSync, constants, type StatementSync } from 'node:sqlite';
import { CapabilityError } from '../../core/error.ts';
import type { SqlChanges, SqlColumn, SqlRow, SqlStatement } from '../contract.ts';
import { fullPage, largestValue, longestStatement, mostParameters, mostRows, sizeOf } from '../validate.ts';
import { judge, seenNothing, type Seen } from './sqlite-authorizer.ts';
import { blankQuotes } from '../statement.ts';
import { explainError } from './sqlite-errors.ts';
import { liftOf, lowerValue, type Lift, type Stored } from './sqlite-values.ts';

/** The rows of a query as far as they go into one page; with `cursor` where there may be more. */
export interface Page {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly SqlRow[];
  readonly cursor?: number;
}

/**
 * One connection to a database file. Everything waits: for the disk, for others who write, and for statements that never
 * end, so this belongs into a process of its own. Fails with a `CapabilityError` only.
 */
export interface Engine {
  /** Whether the statement can be run. */
  check(text: string): void;
  /** What it writes is written when this answers. */
  query(statement: SqlStatement): Page;
  /** The next rows of a cursor; none: it is over. */
  fetch(cursor: number): readonly SqlRow[];
  release(cursor: number): void;
  execute(statement: SqlStatement): SqlChanges;
  batch(statements: readonly SqlStatement[]): readonly SqlChanges[];
  begin(readOnly: boolean): void;
  commit(): void;
  /** Also where there is no transaction. */
  rollback(): void;
  /** How long statements wait from here on for others who write, in milliseconds: never longer than at first. */
  wait(milliseconds: number): void;
  close(): void;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly seen: Seen;
  columns: readonly SqlColumn[];
  lifts: readonly (Lift | undefined)[];
  /** Whether the rows that it inserts get numbers; undefined: nobody has looked. */
  numbered?: boolean;
  /** Its rows are being read. */
  busy: boolean;
}

interface Cursor {
  readonly prepared: Prepared;
  readonly text: string;
  readonly rows: Iterator<Stored[]>;
}

const mostPrepared = 200;
/** Milliseconds: waiting is set anew only where it differs by that. */
const coarse = 100;
/** It tells what a statement would do, and does not do it. */
const explain = /^\s*explain\b/i;
/** Nothing but space, comments and semicolons. */
const emptyTail = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$))*$/;

/** @param timeout milliseconds that a statement waits for others who write */
export function openEngine(path: string, timeout: number): Engine {
  const db = new DatabaseSync(path, {
    timeout,
    readBigInts: true,
    returnArrays: true,
    limits: {
      length: largestValue + 1024 * 1024,
      sqlLength: longestStatement,
      variableNumber: mostParameters,
      attach: 0,
    },
  });
  // Commits are on the disk when they are answered; what is in the file is not trusted more than the app.
  db.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
  const cache = new Map<string, Prepared>();
  const cursors = new Map<number, Cursor>();
  let lastCursor = 0;
  let mode: 'auto' | 'reading' | 'writing' = 'auto';
  /** Set while the host's own statements run. */
  let trusted = false;
  let seen = seenNothing();
  let denied: string | undefined;
  let asked = false;
  let patience = timeout;
  /** Tells of tables, for the host itself. */
  let tables: StatementSync | undefined;

  // Also called where SQLite prepares a statement again by itself, since the tables have changed.
  db.setAuthorizer((action, first, second, database, within) => {
    if (trusted) return constants.SQLITE_OK;
    asked = true;
    const reason = judge(seen, action, first, second, database, within);
    if (reason === undefined) return constants.SQLITE_OK;
    denied ??= reason;
    return constants.SQLITE_DENY;
  });

  function saying<T>(text: string, work: () => T): T {
    denied = undefined;
    asked = false;
    try {
      return work();
    } catch (error) {
      throw explainError(error, text, denied);
    }
  }

  /** What the host itself does. */
  function control(sql: string): void {
    trusted = true;
    try {
      db.exec(sql);
    } finally {
      trusted = false;
    }
  }

  function prepare(text: string): Prepared {
    const known = cache.get(text);
    if (known !== undefined && !known.busy) {
      cache.delete(text);
      cache.set(text, known);
      return known;
    }
    seen = seenNothing();
    const statement = db.prepare(text);
    const did = explain.test(blankQuotes(text)) ? seenNothing() : seen;
    // What is prepared later is no part of it: a virtual table has statements of its own.
    seen = seenNothing();
    if (!emptyTail.test(text.slice(statement.sourceSQL.length))) {
      throw new CapabilityError('invalid-argument', 'there is more than one statement: use a batch');
    }
    const prepared: Prepared = { statement, seen: did, columns: [], lifts: [], busy: false };
    readColumns(prepared);
    if (known === undefined) {
      cache.set(text, prepared);
      if (cache.size > mostPrepared) cache.delete(cache.keys().next().value!);
    }
    return prepared;
  }

  function readColumns(prepared: Prepared): void {
    const columns = prepared.statement.columns();
    prepared.columns = columns.map(({ name, type }) => ({ name, ...(type !== null && { type }) }));
    prepared.lifts = columns.map(({ type }) => liftOf(type));
  }

  function requireWritable({ seen: { writes } }: Prepared): void {
    if (mode === 'reading' && writes) {
      throw new CapabilityError('precondition-failed', 'the transaction only reads', {
        detail: { state: '25006' },
      });
    }
  }

  function liftRow({ lifts }: Prepared, row: Stored[]): SqlRow {
    return row.map((value, index) => lifts[index]?.(value) ?? value);
  }

  /** Reads on until the page is full. Where that fails the cursor is over. */
  function readPage(cursor: Cursor, most: number, full: number): { rows: SqlRow[]; over: boolean } {
    try {
      return readRows(cursor, most, full);
    } catch (error) {
      end(cursor);
      throw error;
    }
  }

  function readRows(cursor: Cursor, most: number, full: number): { rows: SqlRow[]; over: boolean } {
    const rows: SqlRow[] = [];
    let size = 0;
    asked = false;
    while (rows.length < most && size < full) {
      const step = cursor.rows.next();
      if (asked) {
        // SQLite has prepared it again: a `*` may stand for other columns now.
        readColumns(cursor.prepared);
        asked = false;
      }
      if (step.done) return { rows, over: true };
      const row = liftRow(cursor.prepared, step.value);
      const before = size;
      for (const value of row) size += sizeOf(value);
      if (size - before > largestValue) throw tooLarge('a row has more than 25 MiB');
      rows.push(row);
    }
    return { rows, over: false };
  }

  function start({ text, parameters }: SqlStatement): Cursor {
    const prepared = prepare(text);
    requireWritable(prepared);
    const rows = prepared.statement.iterate(...parameters.map(lowerValue)) as unknown as Iterator<Stored[]>;
    return { prepared, text, rows };
  }

  function end(cursor: Cursor): void {
    cursor.prepared.busy = false;
    cursor.rows.return?.();
  }

  /** All that a writing statement answers with, so that it is over: the transaction may end. */
  function readAll(cursor: Cursor): Page {
    const { rows, over } = readPage(cursor, Infinity, largestValue);
    end(cursor);
    if (over) return { columns: cursor.prepared.columns, rows };
    throw tooLarge('the rows that the statement answers with have more than 25 MiB, so nothing was written');
  }

  function transact<T>(work: () => T): T {
    if (mode !== 'auto') return work();
    control('BEGIN IMMEDIATE');
    try {
      const answer = work();
      control('COMMIT');
      return answer;
    } catch (error) {
      if (db.isTransaction) control('ROLLBACK');
      throw error;
    }
  }

  function run({ text, parameters }: SqlStatement): SqlChanges {
    const prepared = prepare(text);
    requireWritable(prepared);
    const { changes, lastInsertRowid } = prepared.statement.run(...parameters.map(lowerValue));
    const { inserts, updates, deletes } = prepared.seen;
    // SQLite tells of the last statement that changed rows, which may have been another.
    const rows = inserts || updates || deletes ? Number(changes) : 0;
    // An upsert may have updated alone.
    const told = inserts && !updates && rows > 0 && getsNumbers(prepared);
    return told ? { rows, lastInsertId: BigInt(lastInsertRowid) } : { rows };
  }

  /** Rows of a table without numbers leave the last number as it was: that of another table. */
  function getsNumbers(prepared: Prepared): boolean {
    const { into = '' } = prepared.seen;
    if (prepared.numbered === undefined || asked) {
      trusted = true;
      try {
        tables ??= db.prepare("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'");
        const [[without] = [0n]] = tables.all(into) as unknown as Stored[][];
        prepared.numbered = without === 0n;
      } finally {
        trusted = false;
      }
    }
    return prepared.numbered;
  }

  function endCursors(): void {
    for (const cursor of cursors.values()) end(cursor);
    cursors.clear();
  }

  return {
    check: (text) => saying(text, () => void prepare(text)),
    query: (statement) =>
      saying(statement.text, () => {
        if (prepare(statement.text).seen.writes) return transact(() => readAll(start(statement)));
        const cursor = start(statement);
        cursor.prepared.busy = true;
        const { rows, over } = readPage(cursor, mostRows, fullPage);
        const { columns } = cursor.prepared;
        if (over) {
          end(cursor);
          return { columns, rows };
        }
        cursors.set(++lastCursor, cursor);
        return { columns, rows, cursor: lastCursor };
      }),
    fetch(id) {
      const cursor = cursors.get(id);
      if (cursor === undefined) return [];
      return saying(cursor.text, () => {
        const { rows, over } = readPage(cursor, mostRows, fullPage);
        if (over && rows.length === 0) {
          cursors.delete(id);
          end(cursor);
        }
        return rows;
      });
    },
    release(id) {
      const cursor = cursors.get(id);
      if (cursor !== undefined) end(cursor);
      cursors.delete(id);
    },
    execute: (statement) => saying(statement.text, () => run(statement)),
    batch: (statements) =>
      saying('', () =>
        transact(() =>
          statements.map((statement, index) => {
            try {
              return saying(statement.text, () => run(statement));
            } catch (error) {
              const { code, message, retryable, detail } = error as CapabilityError;
              throw new CapabilityError(code, `statement ${index + 1}: ${message}`, { retryable, detail });
            }
          }),
        ),
      ),
    begin: (readOnly) =>
      saying('', () => {
        control(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE');
        mode = readOnly ? 'reading' : 'writing';
      }),
    commit: () =>
      saying('', () => {
        endCursors();
        if (!db.isTransaction) throw new CapabilityError('aborted', 'the transaction is gone: begin another');
        control('COMMIT');
        mode = 'auto';
      }),
    rollback: () =>
      saying('', () => {
        endCursors();
        mode = 'auto';
        if (db.isTransaction) control('ROLLBACK');
      }),
    wait(milliseconds) {
      const most = Math.min(timeout, Math.max(0, Math.floor(milliseconds / coarse) * coarse));
      if (most === patience) return;
      control(`PRAGMA busy_timeout = ${most}`);
      patience = most;
    },
    close() {
      endCursors();
      db.close();
    },
  };
}

function tooLarge(message: string): CapabilityError {
  return new CapabilityError('resource-exhausted', message, { detail: { limit: largestValue } });
}
