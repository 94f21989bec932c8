import { DatabaseSync } from 'node:sqlite';
import { CapabilityError } from '../../capabilities/core/error.ts';
import { isBusy, retryBusy } from '../sqlite-busy.ts';

/**
 * A lock on a file that everyone who writes beside it takes: other processes, also in other containers, and other calls
 * of this one. It is the kernel's, by way of an empty SQLite database, since Node has no call for it: whoever holds it
 * and dies lets it go, however that happens.
 */
export interface FolderLock {
  /** @throws {CapabilityError} `timeout` where the lock is not to be had in time; nothing was done then */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

interface Shared {
  readonly db: DatabaseSync;
  /** Settles when the last that waits here is done. */
  last: Promise<unknown>;
  opens: number;
}

/** A connection keeps out those of other processes, but not calls on itself: these wait in line. */
const shared = new Map<string, Shared>();

/** @param timeout milliseconds that an operation may take, waiting included */
export function openLock(path: string, timeout: number): FolderLock {
  const lock = shared.get(path) ?? {
    db: openFile(path),
    last: Promise.resolve(),
    opens: 0,
  };
  shared.set(path, lock);
  lock.opens++;
  const { db } = lock;

  async function run<T>(began: number, work: () => Promise<T>): Promise<T> {
    const left = timeout - (performance.now() - began);
    if (left <= timeout * 0.2) {
      throw new CapabilityError('timeout', 'other writes to this store took too long. Nothing was written');
    }
    try {
      db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (!isBusy(error)) throw explain(path, error);
      await retryBusy(left, () => db.exec('BEGIN IMMEDIATE'));
    }
    try {
      return await work();
    } finally {
      db.exec('ROLLBACK');
    }
  }

  return {
    hold(work) {
      const began = performance.now();
      const running = lock.last.then(() => run(began, work));
      lock.last = running.catch(() => undefined);
      return running;
    },
    async close() {
      if (--lock.opens > 0) return;
      shared.delete(path);
      await lock.last;
      db.close();
    },
  };
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, error: unknown): CapabilityError {
  const said = error instanceof Error ? error.message : String(error);
  return new CapabilityError(
    'unavailable',
    `${path} cannot be locked: ${said}. Let this user read and write the folder. If it was moved away, bring it back or start the app again`,
    { cause: error, retryable: false },
  );
}
