import type { Locks } from './contract.ts';
import { holdLock, type Lease } from './hold.ts';

/** Milliseconds after which another leads where the process of the leader is gone without a word. */
const usualTtl = 15_000;
/** Milliseconds of one wait for the lock. */
const longestWait = 60_000;

/**
 * Waits until this process leads under the name of a lock, however long that takes. It does as long as it has the lease: until
 * that is `lost`, or let go.
 * @param signal ends the wait
 * @throws {CapabilityError} `cancelled`, and whatever keeps it from knowing whether it leads: ask again after a pause
 */
export async function awaitLead(
  locks: Locks,
  name: string,
  signal: AbortSignal,
  ttl = usualTtl,
): Promise<Lease> {
  for (;;) {
    const lease = await holdLock(locks, name, ttl, longestWait, signal);
    if (lease !== undefined) return lease;
  }
}
