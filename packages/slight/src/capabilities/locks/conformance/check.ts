import assert from 'node:assert/strict';
import type { MaybePromise } from '../../core/backend.ts';
import type { CheckDefinition as AnyCheck } from '../../core/check.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';

export { assertFails } from '../../core/check.ts';

export interface LocksTarget {
  /** What the backend declares. */
  readonly features: ReadonlySet<LocksFeature>;
  /**
   * Opens locks as a guest would see them, behind the portable layer (`openCapabilityOn` puts a backend there). Two opens of
   * one name are the same locks. Names are made up by the suite, and are different in each run.
   */
  open(name: string): MaybePromise<Locks>;
  /** With `durable-server`: ends the server without warning and starts it again. What is open stays so. */
  restart?(): Promise<void>;
  /** Milliseconds for which the server may keep a grant that is over, until another gets the lock. Default 100. */
  readonly slack?: number;
}

export interface CheckTools {
  readonly features: ReadonlySet<LocksFeature>;
  /** Locks of this check alone; the same suffix opens the same ones once more. */
  open(suffix?: string): Promise<Locks>;
  /** Closes what is open, which releases what it holds. */
  closeAll(): Promise<void>;
  /** The server goes and comes. */
  restart(): Promise<void>;
  /** Until a grant is over, by the clock of whoever keeps it, which is a little later than here. */
  past(expires: number): Promise<void>;
}

export type CheckDefinition = AnyCheck<LocksFeature, CheckTools>;

/** Milliseconds: so long that it does not end during a check. */
export const long = 60_000;
/** So short that a check can wait for its end. */
export const short = 300;

/** Takes a lock that must be free. */
export async function take(locks: Locks, name: string, ttl = long): Promise<Grant> {
  const grant = await locks.acquire(name, ttl, 0);
  assert.ok(grant !== undefined, `the lock ${JSON.stringify(name)} was not granted, and nobody has it`);
  return grant;
}

export async function assertTaken(locks: Locks, name: string, what: string): Promise<void> {
  assert.equal(await locks.acquire(name, long, 0), undefined, `${what}: it was granted once more`);
}

/** Waits for a lock that must come. Where a check fails before it looks, nothing comes of the wait. */
export function waitFor(locks: Locks, name: string, ttl = long): Promise<Grant> {
  const waiting = (async () => {
    const grant = await locks.acquire(name, ttl, 5_000);
    assert.ok(grant !== undefined, `the lock ${JSON.stringify(name)} did not come`);
    return grant;
  })();
  waiting.catch(() => undefined);
  return waiting;
}
