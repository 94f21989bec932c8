import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../core/error.ts';
import type { Locks } from './contract.ts';
import { holdLock, type Lease } from './hold.ts';

/** One of several that want to lead: at most one of them does at a time. */
export interface Candidate {
  /**
   * What it leads with; undefined while it does not. Look at it whenever something is to be done that only the leader may do,
   * and let its token go with what is written.
   */
  readonly lease: Lease | undefined;
  /** Stands back, and lets another lead at once. */
  close(): Promise<void>;
}

export interface CandidateOptions {
  /** Milliseconds after which another leads where the process of this one is gone. Default: 15 seconds. */
  readonly ttl?: number;
  /** It leads from now on, until `lease.lost` is aborted or the candidate is closed. */
  onLead?(lease: Lease): void;
  /** It leads no more, though it did not stand back. It goes on trying. */
  onLost?(reason: CapabilityError): void;
  /** It does not know whether it could lead: whoever keeps the locks does not answer. It goes on trying. */
  onFailure?(error: unknown): void;
}

const usualTtl = 15_000;
/** Milliseconds. The locks may end a wait earlier. */
const longestWait = 60_000;
/** Milliseconds after a failure. */
const pause = 1_000;

/**
 * Stands for leader under the name of a lock, as long as this process lives or until it is closed. It leads while it holds the
 * lock, which is renewed from timers of this process.
 */
export function standForLeader(locks: Locks, name: string, options: CandidateOptions = {}): Candidate {
  const { ttl = usualTtl } = options;
  const stop = new AbortController();
  const { signal } = stop;
  let lease: Lease | undefined;

  async function stand(): Promise<void> {
    while (!signal.aborted) {
      try {
        lease = await holdLock(locks, name, ttl, longestWait, signal);
      } catch (error) {
        if (signal.aborted) return;
        options.onFailure?.(error);
        await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
        continue;
      }
      if (lease !== undefined) await lead(lease);
    }
  }

  async function lead(held: Lease): Promise<void> {
    options.onLead?.(held);
    await new Promise<void>((resolve) => {
      const over = AbortSignal.any([signal, held.lost]);
      if (over.aborted) resolve();
      else over.addEventListener('abort', () => resolve(), { once: true });
    });
    lease = undefined;
    if (held.lost.aborted) options.onLost?.(held.lost.reason as CapabilityError);
    else await held.drop();
  }

  const standing = stand();
  return {
    get lease() {
      return lease === undefined || lease.lost.aborted ? undefined : lease;
    },
    async close() {
      stop.abort();
      await standing;
    },
  };
}
