import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import type { Sql, SqlRows, SqlStatement } from '../../src/capabilities/sql/contract.ts';
import { openEngine, type Engine } from '../../src/capabilities/sql/backends/sqlite-engine.ts';
import type { SqlTypes } from '../../src/capabilities/sql/conformance.ts';

export const sqliteTypes: SqlTypes = {
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  float: 'REAL',
  decimal: 'DECIMAL TEXT',
  text: 'TEXT',
  blob: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  identity: 'INTEGER PRIMARY KEY',
};

/** The engine of SQLite without its process: one for each operation, as a pool without an end would have it. */
export function sqlInProcess(path: string): Sql {
  mkdirSync(dirname(path), { recursive: true });
  const open = (): Engine => openEngine(path, 0);
  const keeper = new DatabaseSync(path);
  keeper.exec('PRAGMA journal_mode = WAL');
  const left = new Set<Engine>();

  /** Nobody waits below: the loop would stand still, with whoever is waited for. */
  async function again<T>(work: () => T): Promise<T> {
    for (const end = performance.now() + 4_000; ; await new Promise((next) => setTimeout(next, 2))) {
      try {
        return work();
      } catch (error) {
        const busy = error instanceof CapabilityError && error.code === 'aborted';
        if (!busy || performance.now() > end) throw error;
      }
    }
  }

  async function once<T>(work: (engine: Engine) => T): Promise<T> {
    const engine = open();
    try {
      return await again(() => work(engine));
    } finally {
      engine.close();
    }
  }

  function rowsOf(engine: Engine, statement: SqlStatement, release: () => void): SqlRows {
    const { columns, rows, cursor } = engine.query(statement);
    let first: typeof rows | undefined = rows;
    return {
      columns,
      next() {
        const page = first ?? (cursor === undefined ? [] : engine.fetch(cursor));
        first = undefined;
        return page;
      },
      close() {
        first = [];
        if (cursor !== undefined) engine.release(cursor);
        release();
      },
    };
  }

  async function query(statement: SqlStatement): Promise<SqlRows> {
    const engine = open();
    left.add(engine);
    return await again(() => rowsOf(engine, statement, () => left.delete(engine) && engine.close()));
  }

  return {
    query,
    execute: (statement) => once((engine) => engine.execute(statement)),
    batch: (statements) => once((engine) => engine.batch(statements)),
    async prepare(text) {
      await once((engine) => engine.check(text));
      return {
        query: (parameters) => query({ text, parameters }),
        execute: (parameters) => once((engine) => engine.execute({ text, parameters })),
        close: () => undefined,
      };
    },
    async begin({ readOnly = false } = {}) {
      const engine = open();
      left.add(engine);
      await again(() => engine.begin(readOnly));
      const end = (): void => {
        if (left.delete(engine)) engine.close();
      };
      return {
        query: (statement) => rowsOf(engine, statement, () => undefined),
        execute: (statement) => engine.execute(statement),
        commit() {
          engine.commit();
          end();
        },
        rollback() {
          if (left.has(engine)) engine.rollback();
          end();
        },
      };
    },
    ping: () => undefined,
    close() {
      for (const engine of left) engine.close();
      left.clear();
      keeper.close();
    },
  };
}
