import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';

/** What a backend may be able to do beyond the core. */
export type LocksFeature =
  | 'durable' // locks and tokens survive the death of this process
  | 'durable-server' // … where the server is set up for it
  | 'shared'; // several processes exclude one another

/** A lock that was granted to one holder for a while. */
export interface Grant {
  /** 64 bits. Above every token that this name was ever granted with, also before restarts. It names the holder. */
  readonly token: bigint;
  /** Until then it is kept, unless it is renewed: milliseconds since 1970 by the clock of this machine. */
  readonly expires: number;
}

/**
 * The locks of one name in the slightfile: what backends implement, what the portable layer wraps. Each lock has a name of its
 * own. At any time at most one grant of a lock holds, by the clock of whoever keeps it. Every method fails with a
 * `CapabilityError` only. Arguments reach a backend checked: names of 1 to 1,024 bytes of UTF-8, a `ttl` of 100 ms to a day.
 *
 * Nothing here renews by itself: `holdLock` does.
 */
export interface Locks extends Opened {
  /**
   * Takes a lock for `ttl` milliseconds. Where another holds it, waits up to `wait` milliseconds; those who wait get it in
   * the order in which they came, or nearly so.
   * @param signal gives up the wait
   * @returns undefined where another held it all the time
   * @throws {CapabilityError} `cancelled` where the wait was given up
   */
  acquire(name: string, ttl: number, wait: number, signal?: AbortSignal): MaybePromise<Grant | undefined>;
  /**
   * Keeps it for `ttl` milliseconds from now.
   * @throws {CapabilityError} `precondition-failed` where the grant holds no more, whoever has the lock now
   */
  renew(name: string, token: bigint, ttl: number): MaybePromise<Grant>;
  /**
   * Lets go of it.
   * @throws {CapabilityError} `precondition-failed` as `renew`
   */
  release(name: string, token: bigint): MaybePromise<void>;
}

export const locksOperations: Operations<Locks> = {
  acquire: 'acquire',
  renew: 'renew',
  release: 'release',
};
