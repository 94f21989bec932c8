import { getRandomBytes } from 'wasi:random/random@0.2.12';
import { requireServing } from '../phase.ts';

/** Numbers drawn from the host at once: a call outside costs more than the bytes. */
const batch = 64;
let pool = new Uint32Array(0);
let used = 0;

/** A number of 53 random bits from 0 (included) to 1 (not). Only while a request is answered. */
export function nextRandom(): number {
  if (used + 2 > pool.length) {
    pool = new Uint32Array(getRandomBytes(batch * 8).slice().buffer);
    used = 0;
  }
  const high = (pool[used++] ?? 0) >>> 5;
  const low = (pool[used++] ?? 0) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}

/** Most bytes that one call of `getRandomValues` fills, as on the Web. */
const mostBytes = 65_536;

type IntegerArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The part of the Web's `crypto` that needs nothing but randomness. */
export const crypto = {
  /**
   * Fills an array of integers with randomness fit for secrets, and gives it back.
   * @throws {RangeError} above 65,536 bytes
   */
  getRandomValues<T extends IntegerArray>(array: T): T {
    requireServing('crypto.getRandomValues() was called');
    if (array.byteLength > mostBytes)
      throw new RangeError(`getRandomValues fills at most ${mostBytes} bytes, not ${array.byteLength}`);
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(getRandomBytes(array.byteLength));
    return array;
  },

  /** A random UUID (version 4). */
  randomUUID(): string {
    requireServing('crypto.randomUUID() was called');
    const bytes = getRandomBytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  },
};
