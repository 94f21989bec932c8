import type { SqliteFile } from '../../../clients/sqlite.ts';

/**
 * The file of all messages of an app. A message stands once for each group that has it, so that an answer is one row.
 * - `due`: milliseconds since 1970 from which it may be given out; the end of its lease while it is out.
 * - `held`: set while an older message of its key is there; then it is the time that stood in `due`.
 * - `lease`: a number that no two deliveries share; 0 while nobody has it.
 */
export const messagingFile: SqliteFile = {
  name: 'messaging.db',
  layout: 1,
  tables: `
    CREATE TABLE IF NOT EXISTS groups (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      place TEXT NOT NULL,
      name TEXT NOT NULL,
      topics TEXT NOT NULL,
      ordered INTEGER NOT NULL,
      UNIQUE (place, name)
    );
    CREATE TABLE IF NOT EXISTS messages (
      seq INTEGER PRIMARY KEY,
      grp INTEGER NOT NULL,
      due INTEGER NOT NULL,
      held INTEGER,
      attempt INTEGER NOT NULL DEFAULT 0,
      lease INTEGER NOT NULL DEFAULT 0,
      key TEXT,
      id TEXT NOT NULL,
      topic TEXT NOT NULL,
      headers TEXT NOT NULL,
      body BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS messages_due ON messages (grp, due);
    CREATE INDEX IF NOT EXISTS messages_key ON messages (grp, key) WHERE key IS NOT NULL;
    CREATE TABLE IF NOT EXISTS dead (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      grp INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      reason TEXT NOT NULL,
      at INTEGER NOT NULL,
      key TEXT,
      id TEXT NOT NULL,
      topic TEXT NOT NULL,
      headers TEXT NOT NULL,
      body BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS dead_group ON dead (grp);
    CREATE TABLE IF NOT EXISTS published (
      place TEXT NOT NULL,
      id TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (place, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS published_at ON published (at);
    CREATE TABLE IF NOT EXISTS broadcasts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      place TEXT NOT NULL,
      at INTEGER NOT NULL,
      id TEXT NOT NULL,
      topic TEXT NOT NULL,
      headers TEXT NOT NULL,
      body BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS broadcasts_place ON broadcasts (place);
    CREATE INDEX IF NOT EXISTS broadcasts_at ON broadcasts (at)
  `,
};
