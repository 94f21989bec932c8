import { CapabilityError } from './error.ts';

/**
 * Guards the key, or the object, that it is written on against a holder who has lost a lock without noticing. The key
 * remembers the highest token that it has seen of each lock, also after it was deleted or has expired. An older one is
 * `precondition-failed` and writes nothing; whatever else may fail is looked at afterwards. Writes without a fence pass.
 * Whether a token counts as seen where its write failed for another reason is the backend's choice.
 */
export interface Fence {
  /** The lock's name: 1 to 1,024 bytes of UTF-8. */
  readonly lock: string;
  /** Decimal text of an unsigned number of 64 bits. */
  readonly token: string;
}

/** Bytes of UTF-8. */
const longestLock = 1_024;

const greatest = 2n ** 64n - 1n;

/** @throws {CapabilityError} `invalid-argument` */
export function checkFence({ lock, token }: Fence): void {
  const bytes = Buffer.byteLength(lock);
  if (bytes < 1 || bytes > longestLock || !lock.isWellFormed()) {
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
    `the token ${token} of the lock ${JSON.stringify(lock)} is older than ${seen}, with which it was written: ` +
      'the lock was lost meanwhile. Acquire it again, and read before you write',
    { detail: { lock, seen } },
  );
}
