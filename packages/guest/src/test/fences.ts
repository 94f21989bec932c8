import { witError } from './wit-error.ts';

interface Fence {
  readonly lock: string;
  readonly token: string;
}

/** The highest tokens that keys have seen, of each lock. */
export class Fences {
  readonly #tokens = new Map<string, Map<string, bigint>>();

  /** Lets a write pass its fence, and remembers the token. */
  admit(key: string, fence: Fence | null | undefined): void {
    if (fence === null || fence === undefined) return;
    checkFence(fence);
    const { lock, token } = fence;
    const tokens = this.#tokens.get(key) ?? new Map<string, bigint>();
    const seen = tokens.get(lock);
    if (seen !== undefined && BigInt(token) < seen)
      throw witError('precondition-failed', `the token ${token} of the lock "${lock}" is older than ${seen}`);
    this.#tokens.set(key, tokens.set(lock, BigInt(token)));
  }
}

export function checkFence({ lock, token }: Fence): void {
  if (!/^(0|[1-9]\d{0,19})$/.test(token) || BigInt(token) >= 2n ** 64n)
    throw witError(
      'invalid-argument',
      "a fence's token is the decimal text of an unsigned number of 64 bits",
    );
  if (lock === '' || Buffer.byteLength(lock) > 1_024 || !lock.isWellFormed())
    throw witError('invalid-argument', "a fence's lock has 1 to 1,024 bytes of UTF-8");
}
