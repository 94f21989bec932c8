import { CapabilityError } from '../core/error.ts';

/** Bytes of UTF-8. */
const longestName = 1_024;
/**
 * Milliseconds. A guest that computes has the thread for up to 16 ms at a time: within this the host has several turns in
 * which it renews.
 */
export const shortestTtl = 100;
export const longestTtl = 24 * 60 * 60 * 1_000;

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > longestName)
    throw invalid(`the name of the lock has ${bytes} bytes of UTF-8. It has 1 to 1,024 bytes`);
  if (!name.isWellFormed())
    throw invalid('the name of the lock has half a surrogate pair, which UTF-8 cannot hold');
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkTtl(ttl: number): void {
  if (ttl >= shortestTtl && ttl <= longestTtl) return;
  throw invalid(
    `a ttl of ${ttl} ms. It is 100 ms to 24 hours; while the lock is held the host renews it, so it may be short`,
  );
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkWait(wait: number): void {
  if (!(wait >= 0)) throw invalid(`a wait of ${wait} ms. It is 0 or above`);
}

/** The answer to whoever renews or releases what holds no more. */
export function notHeld(name: string): CapabilityError {
  return new CapabilityError(
    'precondition-failed',
    `the lock ${JSON.stringify(name)} is not held with this token: it expired or was released, and another may have it. ` +
      'Acquire it again before you go on',
  );
}

/** What ends a wait that was given up. */
export function givenUp(): CapabilityError {
  return new CapabilityError('cancelled', 'the wait for the lock was given up');
}
