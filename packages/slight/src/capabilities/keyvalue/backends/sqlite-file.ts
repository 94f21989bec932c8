import type { SqliteFile } from '../../../clients/sqlite.ts';

/** Rows that one sweep takes at most, so that it holds the event loop and the write lock for a moment only. */
const sweepMost = 500;

/**
 * The file of all key-value stores of an app. Values stand last: what is read more often is found before their overflow
 * pages.
 */
export const keyValueFile: SqliteFile = {
  name: 'keyvalue.db',
  layout: 2,
  tables: `
    CREATE TABLE IF NOT EXISTS entries (
      version INTEGER PRIMARY KEY AUTOINCREMENT,
      store TEXT NOT NULL,
      key BLOB NOT NULL,
      expires INTEGER,
      value BLOB NOT NULL,
      UNIQUE (store, key)
    );
    CREATE INDEX IF NOT EXISTS expiring ON entries (expires) WHERE expires IS NOT NULL;
    -- The highest token that a key has seen of a lock, as decimal text: SQLite's integers have a sign.
    CREATE TABLE IF NOT EXISTS fences (
      store TEXT NOT NULL,
      key BLOB NOT NULL,
      lock TEXT NOT NULL,
      token TEXT NOT NULL,
      PRIMARY KEY (store, key, lock)
    ) WITHOUT ROWID
  `,
  /** Rows that expired are invisible already; this gives their room back. */
  sweep(db) {
    db.prepare(
      'DELETE FROM entries WHERE version IN (SELECT version FROM entries WHERE expires <= ? LIMIT ?)',
    ).run(Date.now(), sweepMost);
  },
};
