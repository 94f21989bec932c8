import type { Fence } from 'spiderlightning:cloud/keyvalue@0.6.0';
import type { TestKind } from './host.ts';
import { Fences } from './fences.ts';
import { witError } from './wit-error.ts';

interface Entry {
  readonly value: Uint8Array;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const mostKey = 1_024;
const mostValue = 25 * 1024 * 1024;
const mostTtl = 100 * 365 * 24 * 60 * 60 * 1000;
const mostKeys = 10_000;
const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;

/** Values under keys, as the contract has them: with versions, expiry, counters and pages. */
export class MemoryStore {
  readonly #entries = new Map<string, Entry>();
  /** By key and lock, the highest token. */
  readonly #fences = new Fences();
  readonly #now: () => number;
  #writes = 0;

  /** `now`: milliseconds since 1970, by which values expire. */
  constructor(now: () => number) {
    this.#now = now;
  }

  find(key: string): Entry | undefined {
    checkKey(key);
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expires > this.#now() ? entry : undefined;
  }

  /** Gives the version. `expires`: milliseconds since 1970. */
  write(key: string, value: Uint8Array, expires: number): string {
    checkKey(key);
    if (value.byteLength > mostValue)
      throw witError('invalid-argument', `the value has ${value.byteLength} bytes. A value has up to 25 MiB`);
    const version = `${++this.#writes}`;
    this.#entries.set(key, { value: value.slice(), version, expires });
    return version;
  }

  /** Lets a write pass its fence, and remembers the token. */
  admit(key: string, fence: Fence | null | undefined): void {
    if (fence === null || fence === undefined) return;
    checkKey(key);
    this.#fences.admit(key, fence);
  }

  /** When a value that lives that long is gone. */
  expiry(ttlMs: number | null | undefined): number {
    if (ttlMs === null || ttlMs === undefined) return Infinity;
    if (ttlMs > 0 && ttlMs <= mostTtl) return this.#now() + ttlMs;
    throw witError('invalid-argument', `a ttl of ${ttlMs} ms. It is above 0 and at most 100 years`);
  }

  delete(key: string): void {
    checkKey(key);
    this.#entries.delete(key);
  }

  /** The versions of all that is there, by key. */
  versions(): Map<string, string> {
    const now = this.#now();
    const live = [...this.#entries].filter(([, { expires }]) => expires > now);
    return new Map(live.map(([key, { version }]) => [key, version]));
  }

  increment(key: string, delta: bigint): string {
    if (delta < least || delta > greatest)
      throw witError('invalid-argument', `a delta of ${delta}. It has 64 bits with a sign`);
    const entry = this.find(key);
    const sum = (entry === undefined ? 0n : parseDecimal(entry.value)) + delta;
    if (sum < least || sum > greatest)
      throw witError('precondition-failed', 'the counter would leave the range of 64 bits with a sign');
    this.write(key, new TextEncoder().encode(String(sum)), entry?.expires ?? Infinity);
    return String(sum);
  }

  /** The cursor is the last key of the page before. */
  list(
    prefix: string,
    cursor: string | null,
    limit: number | null,
  ): { keys: string[]; cursor: string | null } {
    if (prefix !== '') checkKey(prefix);
    if (cursor !== null && !cursor.startsWith('>'))
      throw witError('invalid-argument', 'the cursor is not from an earlier page of this listing');
    const most = Math.min(Math.max(limit ?? 1_000, 1), mostKeys);
    const keys = [...this.#entries.keys()]
      .filter((key) => key.startsWith(prefix) && this.find(key) !== undefined)
      .filter((key) => cursor === null || Buffer.compare(Buffer.from(key), Buffer.from(cursor.slice(1))) > 0)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page = keys.slice(0, most);
    return { keys: page, cursor: keys.length > most ? `>${page.at(-1)}` : null };
  }
}

/** The stores of an app under test. */
export const memoryStores: TestKind<MemoryStore> = {
  noun: 'store',
  option: 'stores',
  make: (host) => new MemoryStore(host.now),
};

/** @throws what WIT calls an error, where a key cannot be */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > mostKey)
    throw witError('invalid-argument', `the key has ${bytes} bytes of UTF-8. A key has 1 to 1,024 bytes`);
  if (!key.isWellFormed()) throw witError('invalid-argument', 'the key has half a surrogate pair');
}

function parseDecimal(value: Uint8Array): bigint {
  const text = new TextDecoder().decode(value);
  const count = /^(0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
  if (count === undefined || count < least || count > greatest)
    throw witError(
      'invalid-argument',
      'the value is no decimal integer of 64 bits, so nothing can be added to it',
    );
  return count;
}
