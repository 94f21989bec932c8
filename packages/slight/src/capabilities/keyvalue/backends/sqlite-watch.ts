import type { Doorbell } from '../../../clients/doorbell.ts';
import type { SqliteDatabase } from '../../../clients/sqlite.ts';
import type { Change, Changes, KeyValueWatch, WatchTarget } from '../contract.ts';
import { mostChanges, watchBy } from '../watch.ts';
import { sweepExpired, sweepMost } from './sqlite-file.ts';

interface Row {
  readonly number: bigint;
  readonly key: Uint8Array;
  /** Milliseconds since 1970; of a removal, always null. */
  readonly expires: bigint | null;
}

/** A run of numbers that grow with every write: rows of `entries` by their version, removals by theirs. */
interface Tail {
  /** The rows that came after the last look, in order. */
  next(): Row[];
  /** The number up to which everything was looked at. */
  position: bigint;
}

/**
 * Begins watches of one store. A watch keeps two numbers, that of the newest row and that of the newest removal which it
 * has told of, and looks for higher ones when the doorbell rings: nothing is kept for it, and a write costs the same
 * however many watch.
 */
export function prepareWatches(database: SqliteDatabase, doorbell: Doorbell, store: string) {
  const newest = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?');
  const rows = database.prepare(
    `SELECT version AS number, key, expires FROM entries
     WHERE version > ? AND version <= ? AND store = ? AND key >= ? AND key < ? ORDER BY version LIMIT ${mostChanges}`,
  );
  const removals = database.prepare(
    `SELECT number, key, NULL AS expires FROM removals
     WHERE number > ? AND number <= ? AND store = ? AND key >= ? AND key < ? ORDER BY number LIMIT ${mostChanges}`,
  );
  const oldest = database.prepare('SELECT min(number) AS number FROM removals');
  const find = database.prepare(
    'SELECT version FROM entries WHERE store = ? AND key = ? AND (expires IS NULL OR expires > ?)',
  );
  const hasExpired = database.prepare('SELECT 1 FROM entries WHERE expires <= ? LIMIT 1');
  const sweep = database.prepare(sweepExpired);

  function newestOf(table: 'entries' | 'removals'): bigint {
    return (newest.get(table) as { seq: bigint } | undefined)?.seq ?? 0n;
  }

  function tailOf(table: 'entries' | 'removals', statement: typeof rows, target: WatchTarget): Tail {
    const range = rangeOf(target);
    const tail: Tail = {
      position: newestOf(table),
      next() {
        // First: numbers are given under the write lock, so that all up to this one are there.
        const end = newestOf(table);
        const found = statement.all(tail.position, end, store, ...range) as unknown as Row[];
        tail.position = found.length < mostChanges ? end : found.at(-1)!.number;
        return found;
      },
    };
    return tail;
  }

  /** What expired goes now rather than with the next sweep, so that it is told. */
  function removeExpired(): void {
    try {
      if (hasExpired.get(Date.now()) !== undefined) sweep.run(Date.now(), sweepMost);
    } catch {
      // Another process writes; the next look tries again.
    }
  }

  function tell(row: Row): Change {
    const key = Buffer.from(row.key).toString();
    const there = find.get(store, row.key, Date.now()) as { version: bigint } | undefined;
    return there === undefined
      ? { key, change: 'delete' }
      : { key, change: 'set', version: String(there.version) };
  }

  return function begin(target: WatchTarget): KeyValueWatch {
    const written = tailOf('entries', rows, target);
    const removed = tailOf('removals', removals, target);

    function look(): Changes {
      const before = removed.position;
      const found = [...written.next(), ...removed.next()];
      const first = (oldest.get() as { number: bigint | null }).number;
      const changes = new Map(found.map((row) => tell(row)).map((change) => [change.key, change]));
      return { changes: [...changes.values()], resync: first !== null && first > before + 1n };
    }

    return watchBy(
      () => database.run(look),
      (wake) =>
        doorbell.listen(() => {
          removeExpired();
          wake();
        }),
    );
  };
}

/** Above every key: no UTF-8 begins with this byte. */
const beyond = 0xff;

/** The first key, and the first one behind the last. */
function rangeOf(target: WatchTarget): [from: Uint8Array, to: Uint8Array] {
  const from = Buffer.from('key' in target ? target.key : target.prefix);
  return [from, Buffer.concat([from, Buffer.of('key' in target ? 0 : beyond)])];
}
