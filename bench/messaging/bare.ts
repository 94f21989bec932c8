import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A queue as one would write it for one app, on SQLite and nothing else: one process, one group, no order, no waiting. */
export interface BareQueue {
  /** In one transaction. */
  publish(bodies: readonly Uint8Array[]): void;
  receive(max: number): { readonly id: number; readonly body: Uint8Array }[];
  ack(ids: readonly number[]): void;
  close(): void;
}

const lease = 30_000;

export function openBareQueue(folder: string): BareQueue {
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE messages (
      id INTEGER PRIMARY KEY, due INTEGER NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX messages_due ON messages (due);
  `);
  const insert = db.prepare('INSERT INTO messages (due, name, body) VALUES (?, ?, ?)');
  const find = db.prepare('SELECT id, body FROM messages WHERE due <= ? ORDER BY due LIMIT ?');
  const take = db.prepare('UPDATE messages SET due = ?, attempt = attempt + 1 WHERE id = ?');
  const remove = db.prepare('DELETE FROM messages WHERE id = ?');

  function transact<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    const answer = work();
    db.exec('COMMIT');
    return answer;
  }

  return {
    publish: (bodies) =>
      transact(() => {
        for (const body of bodies) insert.run(Date.now(), randomUUID(), body);
      }),
    receive: (max) =>
      transact(() => {
        const now = Date.now();
        const rows = find.all(now, max) as { id: number; body: Uint8Array }[];
        for (const { id } of rows) take.run(now + lease, id);
        return rows;
      }),
    ack: (ids) =>
      transact(() => {
        for (const id of ids) remove.run(id);
      }),
    close: () => db.close(),
  };
}
