import type { SqliteFile } from '../../../clients/sqlite.ts';

/** Rows that one sweep takes at most, so that it holds the event loop and the write lock for a moment only. */
const sweepMost = 500;
/** Milliseconds after which who waits is gone for good, and comes to the end of the line where it is not. */
const forgotten = 60_000;

/**
 * The file of all locks of an app. A lease is there until it is released, or swept after its end; the row with the last token
 * stays.
 */
export const locksFile: SqliteFile = {
  name: 'locks.db',
  layout: 1,
  tables: `
    CREATE TABLE IF NOT EXISTS tokens (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
    INSERT OR IGNORE INTO tokens VALUES (1, 0);
    CREATE TABLE IF NOT EXISTS leases (
      place TEXT NOT NULL,
      name BLOB NOT NULL,
      token INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      UNIQUE (place, name)
    );
    CREATE TABLE IF NOT EXISTS waiting (
      ticket INTEGER PRIMARY KEY AUTOINCREMENT,
      place TEXT NOT NULL,
      name BLOB NOT NULL,
      owner TEXT,
      seen INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS lines ON waiting (place, name, ticket)
  `,
  sweep(db) {
    const now = Date.now();
    db.prepare('DELETE FROM leases WHERE rowid IN (SELECT rowid FROM leases WHERE expires <= ? LIMIT ?)').run(
      now,
      sweepMost,
    );
    db.prepare(
      'DELETE FROM waiting WHERE ticket IN (SELECT ticket FROM waiting WHERE seen <= ? LIMIT ?)',
    ).run(now - forgotten, sweepMost);
  },
};
