import { openDoorbell, type Doorbell } from '../../../clients/doorbell.ts';
import { openSqlite as openFile, type SqliteDatabase } from '../../../clients/sqlite.ts';
import { defineBackend, type MaybePromise, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { givenUp, notHeld } from '../validate.ts';
import { locksFile } from './sqlite-file.ts';
import { isGone, nameOwner } from './sqlite-owner.ts';

/** Excludes processes of one machine, by its clock and one SQLite file of the app's own folder. */
export const sqlite = defineBackend<Locks, LocksFeature>({
  scheme: 'sqlite',
  capability: 'locks',
  doc: 'Locks in .slight/locks.db, written through to the disk, for the processes of one machine.',
  features: new Set(['durable', 'shared']),
  config: {},
  prepare: true,
  open: openSqlite,
});

/** Milliseconds between two signs of life of who waits. */
const sign = 1_000;
/** Milliseconds without one after which others pass who waits. A process that ended is passed at once. */
const patience = 3_500;

/** Why a lock was not granted, and when to look again where nobody rings. */
interface Blocked {
  readonly until: number;
}

interface Waiter {
  readonly ticket: bigint;
  readonly owner: string | null;
}

async function openSqlite({ name: place, url, dataDir, timeout }: OpenContext): Promise<Locks> {
  if (/[^/]/.test(url.pathname) || url.host !== '') {
    throw new CapabilityError(
      'invalid-argument',
      'sqlite takes no path: its file is locks.db in the data folder. Write `sqlite` alone',
    );
  }
  const database = await openFile(dataDir, locksFile, timeout);
  const bell = openDoorbell(`${database.path}.bell`);
  const { take, renew, release, line, ping } = prepare(database, place);

  async function waitInLine(
    name: string,
    ttl: number,
    wait: number,
    signal?: AbortSignal,
  ): Promise<Grant | undefined> {
    const end = performance.now() + wait;
    const ear = listen(bell, signal);
    let ticket: bigint | undefined;
    let seen = 0;
    try {
      for (;;) {
        if (signal?.aborted) throw givenUp();
        if (Date.now() - seen >= sign) {
          seen = Date.now();
          ticket = await line.stand(name, ticket);
        }
        const found = await take(name, ttl, ticket!);
        if ('token' in found) {
          ticket = undefined;
          return found;
        }
        const left = end - performance.now();
        if (left <= 0) return undefined;
        await ear.next(Math.min(left, found.until - Date.now()));
      }
    } finally {
      ear.close();
      if (ticket !== undefined) {
        await line.leave(ticket);
        // Who stands behind may be the next.
        bell.ring();
      }
    }
  }

  return {
    acquire(name, ttl, wait, signal): MaybePromise<Grant | undefined> {
      const go = (found: Grant | Blocked): MaybePromise<Grant | undefined> => {
        if ('token' in found) return found;
        return wait > 0 ? waitInLine(name, ttl, wait, signal) : undefined;
      };
      const found = take(name, ttl);
      return found instanceof Promise ? found.then(go) : go(found);
    },
    renew,
    release(name, token) {
      const released = release(name, token);
      const ring = (): void => bell.ring();
      return released instanceof Promise ? released.then(ring) : ring();
    },
    ping,
    close() {
      bell.close();
      database.close();
    },
  };
}

function prepare(database: SqliteDatabase, place: string) {
  const held = database.prepare('SELECT expires FROM leases WHERE place = ? AND name = ? AND expires > ?');
  const waiters = database.prepare(
    'SELECT ticket, owner FROM waiting WHERE place = ? AND name = ? AND seen > ? ORDER BY ticket',
  );
  const count = database.prepare('UPDATE tokens SET last = max(last + 1, ?) RETURNING last');
  const write = database.prepare(
    'INSERT OR REPLACE INTO leases (place, name, token, expires) VALUES (?, ?, ?, ?)',
  );
  const mine = 'place = ? AND name = ? AND token = ? AND expires > ?';
  const extend = database.prepare(`UPDATE leases SET expires = ? WHERE ${mine}`);
  const remove = database.prepare(`DELETE FROM leases WHERE ${mine}`);
  const join = database.prepare('INSERT INTO waiting (place, name, owner, seen) VALUES (?, ?, ?, ?)');
  const show = database.prepare('UPDATE waiting SET seen = ? WHERE ticket = ?');
  const leave = database.prepare('DELETE FROM waiting WHERE ticket = ?');
  const owner = nameOwner() ?? null;

  /**
   * A write that need not survive the machine: with it ends every holder, and what is still held then ends with its ttl. Other
   * processes see it all the same. Only tokens have to be on the disk.
   */
  function runLightly<T>(work: () => T): MaybePromise<T> {
    return database.run(() => {
      flush('NORMAL');
      try {
        return work();
      } finally {
        flush('FULL');
      }
    });
  }

  /** Such a pragma may do its part as it is prepared, so it is prepared each time. */
  function flush(how: 'NORMAL' | 'FULL'): void {
    database.prepare(`PRAGMA synchronous = ${how}`).run();
  }

  /** @param ticket of who asks, where it stands in line */
  function findBlock(name: Buffer, ticket?: bigint): Blocked | undefined {
    const now = Date.now();
    const row = held.get(place, name, now) as { expires: bigint } | undefined;
    if (row !== undefined) return { until: Number(row.expires) };
    for (const next of waiters.iterate(place, name, now - patience) as Iterable<Waiter>) {
      if (next.ticket === ticket) return undefined;
      if (next.owner === owner || !isGone(next.owner)) return { until: now + patience };
    }
    return undefined;
  }

  return {
    take: (text: string, ttl: number, ticket?: bigint): MaybePromise<Grant | Blocked> => {
      const name = Buffer.from(text);
      const grant = () =>
        database.transaction((): Grant | Blocked => {
          const block = findBlock(name, ticket);
          if (block !== undefined) return block;
          const now = Date.now();
          // Up to the time, so that tokens go on growing where the file was removed.
          const { last: token } = count.get(BigInt(now) * 1_000n) as { last: bigint };
          const expires = Math.floor(now + ttl);
          write.run(place, name, token, expires);
          if (ticket !== undefined) leave.run(ticket);
          return { token, expires };
        });
      // Most who wait need not take the write lock to see that it is not their turn.
      const blocked = database.run(() => findBlock(name, ticket));
      if (blocked instanceof Promise) return blocked.then((found) => found ?? grant());
      return blocked ?? grant();
    },
    renew: (text: string, token: bigint, ttl: number): MaybePromise<Grant> =>
      runLightly(() => {
        const now = Date.now();
        const expires = Math.floor(now + ttl);
        const { changes } = extend.run(expires, place, Buffer.from(text), token, now);
        if (Number(changes) === 0) throw notHeld(text);
        return { token, expires };
      }),
    release: (text: string, token: bigint): MaybePromise<void> =>
      runLightly(() => {
        const { changes } = remove.run(place, Buffer.from(text), token, Date.now());
        if (Number(changes) === 0) throw notHeld(text);
      }),
    /** A line in front of each lock: who came first goes first, as long as it gives signs of life. */
    line: {
      stand: (text: string, ticket: bigint | undefined): MaybePromise<bigint> =>
        runLightly(() => {
          const now = Date.now();
          if (ticket !== undefined && Number(show.run(now, ticket).changes) > 0) return ticket;
          return BigInt(join.run(place, Buffer.from(text), owner, now).lastInsertRowid);
        }),
      leave: (ticket: bigint): MaybePromise<void> => runLightly(() => void leave.run(ticket)),
    },
    ping: () => database.run(() => void held.get(place, Buffer.from('ping'), 0)),
  };
}

/** Rings and the end of a wait, one after the other; a ring that comes while nobody waits for it is not lost. */
function listen(bell: Doorbell, signal: AbortSignal | undefined) {
  let rung = false;
  let wake: (() => void) | undefined;
  const hear = (): void => {
    rung = true;
    wake?.();
  };
  const end = bell.listen(hear);
  signal?.addEventListener('abort', hear);
  return {
    /** Until it rings, or so many milliseconds are over. */
    async next(milliseconds: number): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(Math.ceil(milliseconds), 1));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      rung = false;
      wake = undefined;
    },
    close(): void {
      end();
      signal?.removeEventListener('abort', hear);
    },
  };
}
