import { CapabilityError } from '../core/error.ts';
import type { KeysOptions } from './contract.ts';

/** Bytes of UTF-8. */
export const longestKey = 1_024;
/** Bytes. */
export const largestValue = 25 * 1024 * 1024;
/** Milliseconds: a hundred years. Within it, now + ttl is exact in every backend. */
export const longestTtl = 100 * 365 * 24 * 60 * 60 * 1000;
const largestPage = 10_000;
const defaultPage = 1_000;
const longestCursor = 4_096;

const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkKey(key: string): void {
  if (key === '') throw invalid('the key is empty. A key has 1 to 1,024 bytes');
  checkText('key', key);
}

function checkText(what: string, text: string): void {
  // Three bytes are the most that one UTF-16 unit takes, so most keys need no exact count.
  if (text.length * 3 > longestKey && Buffer.byteLength(text) > longestKey) {
    throw invalid(`the ${what} has ${Buffer.byteLength(text)} bytes of UTF-8. A key has 1 to 1,024 bytes`);
  }
  if (!text.isWellFormed()) throw invalid(`the ${what} has half a surrogate pair, which UTF-8 cannot hold`);
}

/** @throws {CapabilityError} `invalid-argument`, with the limit in `detail` */
export function checkValue(value: Uint8Array): void {
  if (value.byteLength <= largestValue) return;
  throw new CapabilityError(
    'invalid-argument',
    `the value has ${value.byteLength} bytes. A value has up to 25 MiB; keep larger ones in a blob store`,
    { detail: { limit: largestValue } },
  );
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkTtl(ttl: number): void {
  if (Number.isFinite(ttl) && ttl > 0 && ttl <= longestTtl) return;
  throw invalid(
    `a ttl of ${ttl} ms. It is above 0 and at most 100 years; leave it out to keep the value for ever`,
  );
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkDelta(delta: bigint): void {
  if (delta < least || delta > greatest) throw invalid(`a delta of ${delta}. It has 64 bits with a sign`);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkPrefix(prefix: string): void {
  checkText('prefix', prefix);
}

/** A listing's options with the defaults in place; the limit is a wish, so it is brought into range. */
export function checkKeysOptions(options: KeysOptions): KeysOptions & { readonly limit: number } {
  checkPrefix(options.prefix ?? '');
  if (options.cursor !== undefined && options.cursor.length > longestCursor) throw brokenCursor();
  return {
    ...options,
    limit: Math.min(Math.max(Math.trunc(options.limit ?? defaultPage) || 1, 1), largestPage),
  };
}

/** The answer of a backend to a cursor that it cannot have given. */
export function brokenCursor(): CapabilityError {
  return invalid('the cursor is not from an earlier page of this listing. Begin without a cursor');
}

/**
 * A counter's next value, for backends that add by themselves.
 * @param before the value as stored, or undefined where the key is missing
 * @throws {CapabilityError} `invalid-argument`: no decimal text; `precondition-failed`: overflow
 */
export function addDecimal(before: Uint8Array | undefined, delta: bigint): bigint {
  const count = before === undefined ? 0n : parseDecimal(before);
  const sum = count + delta;
  if (sum < least || sum > greatest) throw counterOverflow();
  return sum;
}

function parseDecimal(bytes: Uint8Array): bigint {
  const text = bytes.byteLength <= 20 ? Buffer.from(bytes).toString('latin1') : '';
  const count = /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
  if (count === undefined || count < least || count > greatest) throw notDecimal();
  return count;
}

export function notDecimal(): CapabilityError {
  return invalid('the value is no decimal integer of 64 bits, so nothing can be added to it');
}

export function counterOverflow(): CapabilityError {
  return new CapabilityError(
    'precondition-failed',
    'the counter would leave the range of 64 bits with a sign',
  );
}
