import { defineBackend, type MaybePromise, type OpenContext } from '../../core/backend.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { sweepOldest } from '../sweep.ts';
import { makeTokens } from '../token.ts';
import { givenUp, notHeld } from '../validate.ts';

interface Waiting {
  readonly ttl: number;
  /** Ends its wait. */
  answer(grant: Grant | undefined): void;
}

interface Lock {
  readonly name: string;
  /** The last one; it may have expired. */
  grant: Grant | undefined;
  /** In the order in which they came. */
  readonly waiting: Set<Waiting>;
  /** Runs while somebody waits for the grant to expire. */
  timer: NodeJS.Timeout | undefined;
}

/** What all opens of one name in this process share. It lives while one of them is open. */
interface Shared {
  readonly locks: Map<string, Lock>;
  opens: number;
}

const shared = new Map<string, Shared>();
const nextToken = makeTokens();

/** Excludes guests of this process only: for tests and for apps that run in one process. */
export const memory = defineBackend<Locks, LocksFeature>({
  scheme: 'memory',
  capability: 'locks',
  doc: 'Locks in the memory of the host process, for apps that run in one.',
  features: new Set(),
  config: {},
  singleProcess: true,
  open: openMemory,
});

function openMemory({ name: place, dataDir }: OpenContext): Locks {
  const id = `${dataDir}\0${place}`;
  const mine: Shared = shared.get(id) ?? { locks: new Map(), opens: 0 };
  shared.set(id, mine);
  mine.opens++;
  const { locks } = mine;

  function grant(lock: Lock, ttl: number): Grant {
    return (lock.grant = { token: nextToken(), expires: Date.now() + ttl });
  }

  /** Gives a lock that is free to who has waited longest, and looks again when it may be free. */
  function pass(lock: Lock): void {
    clearTimeout(lock.timer);
    for (const next of lock.waiting) {
      if (isHeld(lock)) break;
      lock.waiting.delete(next);
      next.answer(grant(lock, next.ttl));
    }
    if (lock.waiting.size > 0) {
      const left = lock.grant!.expires - Date.now();
      lock.timer = setTimeout(() => pass(lock), Math.max(left, 1)).unref();
    } else if (!isHeld(lock) && locks.get(lock.name) === lock) locks.delete(lock.name);
  }

  function queueUp(lock: Lock, ttl: number, wait: number, signal?: AbortSignal): Promise<Grant | undefined> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        lock.waiting.delete(waiting);
      };
      const waiting: Waiting = {
        ttl,
        answer(granted) {
          leave();
          resolve(granted);
        },
      };
      const giveUp = (): void => {
        leave();
        reject(givenUp());
      };
      const timer = setTimeout(() => waiting.answer(undefined), wait);
      signal?.addEventListener('abort', giveUp);
      lock.waiting.add(waiting);
      pass(lock);
    });
  }

  function find(name: string, token: bigint): Lock {
    const lock = locks.get(name);
    if (lock === undefined || lock.grant?.token !== token || !isHeld(lock)) throw notHeld(name);
    return lock;
  }

  return {
    acquire(name, ttl, wait, signal): MaybePromise<Grant | undefined> {
      let lock = locks.get(name);
      if (lock === undefined) {
        lock = { name, grant: undefined, waiting: new Set(), timer: undefined };
        locks.set(name, lock);
        sweepOldest(locks, (old) => old.grant !== undefined && !isHeld(old) && old.waiting.size === 0);
      }
      if (!isHeld(lock) && lock.waiting.size === 0) return grant(lock, ttl);
      return wait > 0 ? queueUp(lock, ttl, wait, signal) : undefined;
    },
    renew(name, token, ttl) {
      return (find(name, token).grant = { token, expires: Date.now() + ttl });
    },
    release(name, token) {
      const lock = find(name, token);
      lock.grant = undefined;
      pass(lock);
    },
    ping: () => undefined,
    close() {
      if (--mine.opens === 0) shared.delete(id);
    },
  };
}

function isHeld({ grant }: Lock): boolean {
  return grant !== undefined && grant.expires > Date.now();
}
