import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import type { Change, Changes, KeyValueWatch, WatchTarget } from './contract.ts';

/** Changes of one answer. */
export const mostChanges = 100;
/** Keys that a watch keeps until it is asked; with more it is full, and says `resync`. */
const mostPending = 10_000;

/** Whether a watch tells of a key. */
export function matches(target: WatchTarget, key: string): boolean {
  return 'key' in target ? key === target.key : key.startsWith(target.prefix);
}

/**
 * A watch out of a look and a bell.
 * @param look what has changed since the last look
 * @param listen has `wake` called when there may be something to see; gives what ends that
 */
export function watchBy(
  look: () => MaybePromise<Changes>,
  listen: (wake: () => void) => () => void,
): KeyValueWatch {
  const waiting = new Set<() => void>();
  let closed = false;
  let rung = false;
  const wakeAll = (): void => {
    for (const wake of Array.from(waiting)) wake();
  };
  const end = listen(() => {
    rung = true;
    wakeAll();
  });

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      waiting.add(wake);
    });
  }

  function lookAgain(): MaybePromise<Changes> {
    // Before the look: what comes while it lasts is for the next one.
    rung = false;
    return look();
  }

  async function wait(first: MaybePromise<Changes>, milliseconds: number): Promise<Changes> {
    const until = performance.now() + milliseconds;
    let found = await first;
    while (isEmpty(found) && !closed) {
      const left = until - performance.now();
      if (left <= 0) break;
      if (!rung) await pause(left);
      if (closed) break;
      found = await lookAgain();
    }
    return found;
  }

  return {
    next(milliseconds) {
      const found = lookAgain();
      const over = milliseconds <= 0 || (!(found instanceof Promise) && !isEmpty(found));
      return over ? found : wait(found, milliseconds);
    },
    close() {
      if (closed) return;
      closed = true;
      end();
      wakeAll();
    },
  };
}

function isEmpty({ changes, resync }: Changes): boolean {
  return changes.length === 0 && !resync;
}

/** What a watch has heard and not told yet: of each key the latest. */
export interface Pending {
  add(change: Change): void;
  /** Something was missed. */
  lose(): void;
  /** Hands out what is there, a bounded part of it where it is much. */
  take(): Changes;
}

export function makePending(): Pending {
  const pending = new Map<string, Change>();
  let lost = false;
  return {
    add(change) {
      pending.set(change.key, change);
      if (pending.size <= mostPending) return;
      pending.clear();
      lost = true;
    },
    lose() {
      pending.clear();
      lost = true;
    },
    take() {
      const changes: Change[] = [];
      for (const change of pending.values()) {
        if (changes.length === mostChanges) break;
        changes.push(change);
        pending.delete(change.key);
      }
      const resync = lost;
      lost = false;
      return { changes, resync };
    },
  };
}

/**
 * Looks for a watch whose bell says only that something happened to a key: what is there now is asked for when it is told.
 * Where that fails nothing is lost.
 */
export function lookAtPending(
  pending: Pending,
  describe: (key: string) => Promise<Change>,
): () => Promise<Changes> {
  return async () => {
    const { changes, resync } = pending.take();
    try {
      return { changes: await Promise.all(changes.map(({ key }) => describe(key))), resync };
    } catch (error) {
      for (const change of changes) pending.add(change);
      if (resync) pending.lose();
      throw error;
    }
  };
}

/**
 * `watch` of a backend that does not declare it.
 * @throws {CapabilityError} `unsupported`
 */
export function refuseWatch(): never {
  throw new CapabilityError('unsupported', 'this backend cannot be watched');
}
