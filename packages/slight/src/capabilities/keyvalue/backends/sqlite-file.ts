import type { SqliteFile } from '../../../clients/sqlite.ts';

/** Rows that one sweep takes at most, so that it holds the event loop and the write lock for a moment only. */
export const sweepMost = 500;
/** Takes the time and a number of rows. */
export const sweepExpired =
  'DELETE FROM entries WHERE version IN (SELECT version FROM entries WHERE expires <= ? LIMIT ?)';

/** Keys that watches may have to hear of; one that asks too seldom is told to look again. */
const mostRemovals = 10_000;

/**
 * The file of all key-value stores of an app. Values stand last: what is read more often is found before their overflow
 * pages.
 */
export const keyValueFile: SqliteFile = {
  name: 'keyvalue.db',
  layout: 3,
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
    ) WITHOUT ROWID;
    -- The latest keys that went, for watches: what is there tells of itself by its version.
    CREATE TABLE IF NOT EXISTS removals (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      store TEXT NOT NULL,
      key BLOB NOT NULL
    );
    -- Not for a row that another replaces.
    CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON entries BEGIN
      INSERT INTO removals (store, key) VALUES (OLD.store, OLD.key);
      DELETE FROM removals WHERE number <= (SELECT max(number) FROM removals) - ${mostRemovals};
    END
  `,
  /** Rows that expired are invisible already; this gives their room back. */
  sweep(db) {
    db.prepare(sweepExpired).run(Date.now(), sweepMost);
  },
};
