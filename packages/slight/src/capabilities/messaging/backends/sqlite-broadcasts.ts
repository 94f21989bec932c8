import { randomUUID } from 'node:crypto';
import type { Doorbell } from '../../../clients/doorbell.ts';
import type { SqliteDatabase } from '../../../clients/sqlite.ts';
import type { Listener, Message, Messaging } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { takeWithin } from '../wait.ts';
import { readMessage, type MessageRow } from './sqlite-groups.ts';

/** Broadcasts of one name, which lie in the file for a moment, for the processes that listen. */
export interface SqliteBroadcasts {
  readonly send: Messaging['broadcast'];
  listen(topics: readonly string[]): Listener;
  close(): void;
}

/** Milliseconds: who does not ask for so long misses what came. */
const kept = 60_000;

export function openBroadcasts(database: SqliteDatabase, bell: Doorbell, place: string): SqliteBroadcasts {
  const insert = database.prepare(
    'INSERT INTO broadcasts (place, at, id, topic, headers, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const sweep = database.prepare(
    'DELETE FROM broadcasts WHERE seq IN (SELECT seq FROM broadcasts WHERE at <= ? LIMIT 3)',
  );
  const last = database.prepare('SELECT max(seq) AS seq FROM broadcasts');
  const after = database.prepare(
    'SELECT seq, NULL AS key, id, topic, headers, body FROM broadcasts WHERE place = ? AND seq > ? AND at > ? ORDER BY seq LIMIT ?',
  );
  const listeners = new Set<Listener>();

  /** Rows are looked at so many at a time, since those of other topics are passed over. */
  const step = 1_000;

  function listen(topics: readonly string[]): Listener {
    let seen = (last.get() as { seq: bigint | null }).seq ?? 0n;
    let closed = false;
    const waiting = new Set<() => void>();

    function take(max: number): Message[] {
      const taken: Message[] = [];
      while (!closed) {
        const rows = after.all(place, seen, Date.now() - kept, step) as unknown as MessageRow[];
        for (const row of rows) {
          if (taken.length === max) return taken;
          seen = row.seq;
          if (matchesAny(topics, row.topic)) taken.push(readMessage(row));
        }
        if (rows.length < step) break;
      }
      return taken;
    }

    const listener: Listener = {
      next: (max, wait) =>
        takeWithin(wait, {
          take: () => take(max),
          listen(call) {
            const stop = bell.listen(call);
            waiting.add(call);
            return () => {
              stop();
              waiting.delete(call);
            };
          },
          due: () => undefined,
          over: () => closed,
        }),
      close() {
        closed = true;
        listeners.delete(listener);
        for (const wake of waiting) wake();
      },
    };
    listeners.add(listener);
    return listener;
  }

  return {
    async send(topic, body, headers = []) {
      await database.gather(() => {
        const now = Date.now();
        sweep.run(now - kept);
        insert.run(place, now, randomUUID(), topic, JSON.stringify(headers), body);
      });
      bell.ring();
    },
    listen,
    close() {
      for (const listener of listeners) listener.close();
    },
  };
}
