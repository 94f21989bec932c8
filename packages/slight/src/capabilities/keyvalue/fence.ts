import { CapabilityError } from '../core/error.ts';
import type { Fence } from './contract.ts';
import { longestKey } from './validate.ts';

const greatest = 2n ** 64n - 1n;

/** @throws {CapabilityError} `invalid-argument` */
export function checkFence({ lock, token }: Fence): void {
  const bytes = Buffer.byteLength(lock);
  if (bytes < 1 || bytes > longestKey || !lock.isWellFormed()) {
    throw new CapabilityError('invalid-argument', "a fence's lock has 1 to 1,024 bytes of UTF-8");
  }
  if (!/^(0|[1-9]\d{0,19})$/.test(token) || BigInt(token) > greatest) {
    throw new CapabilityError(
      'invalid-argument',
      `a fence's token is the decimal text of an unsigned number of 64 bits, not ${JSON.stringify(token.slice(0, 40))}`,
    );
  }
}

/**
 * For backends that keep the highest tokens themselves.
 * @param seen what the key remembers of the lock
 * @throws {CapabilityError} `precondition-failed` where the fence's token is older
 */
export function admit(fence: Fence, seen: string | undefined): void {
  if (seen !== undefined && BigInt(fence.token) < BigInt(seen)) throw staleFence(fence, seen);
}

/** The answer to a fence whose token is older than one that the key has seen. */
export function staleFence({ lock, token }: Fence, seen: string): CapabilityError {
  return new CapabilityError(
    'precondition-failed',
    `the token ${token} of the lock ${JSON.stringify(lock)} is older than ${seen}, with which this key was written: ` +
      'the lock was lost meanwhile. Acquire it again, and read before you write',
    { detail: { lock, seen } },
  );
}
