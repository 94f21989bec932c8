import { Store as WitStore } from '#cloud/keyvalue';
import type { Versioned as WitVersioned } from 'spiderlightning:cloud/keyvalue@0.6.0';
import { useOpened } from './opened.ts';
import { TextDecoder, TextEncoder } from './platform/text.ts';

const encoder = new TextEncoder();

/** A value with the version that its write gave it. Two writes never share a version. */
export interface Versioned {
  readonly value: Uint8Array;
  /** Opaque; pass it to `compareAndSwap`. */
  readonly version: string;
  /** The value as UTF-8. */
  text(): string;
  /** The value as JSON, unchecked. */
  json<T = unknown>(): T;
}

/** What `compareAndSwap` found: written, with the new version; or not, with what stands there now. */
export type Swap =
  | { readonly swapped: true; readonly version: string }
  | { readonly swapped: false; readonly current: Versioned | undefined };

/**
 * Guards the key that it is written on against a holder who has lost a lock without noticing: the key remembers the
 * highest token that it has seen of each lock, and a write with an older one throws `precondition-failed`.
 */
export interface Fence {
  /** The name of the lock. */
  readonly lock: string;
  /** The token that came with it: decimal text. */
  readonly token: string;
}

export interface FenceOptions {
  readonly fence?: Fence | undefined;
}

export interface WriteOptions extends FenceOptions {
  /** Milliseconds until the value is gone. Without it the value lives for ever. */
  readonly ttlMs?: number;
}

export interface SetOptions extends WriteOptions {
  /** Fail with `already-exists` where a value is present. */
  readonly onlyIfAbsent?: boolean;
}

export interface ListOptions {
  /** Only keys that begin with it. */
  readonly prefix?: string;
  /** How many keys a page should have: a wish, pages may be smaller or larger. */
  readonly limit?: number;
}

export interface KeyPage {
  readonly keys: readonly string[];
  /** Pass it on for the next page. Undefined: this was the last. */
  readonly cursor: string | undefined;
}

export interface StoreChange {
  readonly key: string;
  /** What happened last; `delete`: it was removed, or has expired. */
  readonly kind: 'set' | 'delete';
  /** The version that stood when this was told. */
  readonly version: string | undefined;
}

export interface StoreChanges {
  /** Each key once, with the latest of its changes; steps between may be left out. */
  readonly changes: readonly StoreChange[];
  /** Changes were lost: read again what matters. */
  readonly resync: boolean;
}

/** Tells of changes, whoever makes them. */
export interface StoreWatch {
  /**
   * What has changed since the answer before, or since the watch began. Waits for up to `waitMs` milliseconds until there
   * is something, and answers no changes then.
   */
  next(waitMs?: number): Promise<StoreChanges>;
  close(): void;
}

/**
 * A key-value store that the slightfile names. Keys are 1 to 1,024 bytes of UTF-8; values are bytes or text (kept as
 * UTF-8), up to 25 MiB. Every method may throw a CapabilityError.
 */
export interface Store {
  readonly name: string;
  /** The value, or undefined where there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The value as UTF-8. */
  getText(key: string): Promise<string | undefined>;
  /** The value as JSON, unchecked. */
  getJson<T = unknown>(key: string): Promise<T | undefined>;
  getVersioned(key: string): Promise<Versioned | undefined>;
  set(key: string, value: Uint8Array | string, options?: SetOptions): Promise<void>;
  setJson(key: string, value: unknown, options?: SetOptions): Promise<void>;
  /** Removing a key that is missing is no error. */
  delete(key: string, options?: FenceOptions): Promise<void>;
  exists(key: string): Promise<boolean>;
  /** Every key that exists throughout the listing, once each; the order is the backend's. */
  keys(options?: ListOptions): AsyncGenerator<string, void, undefined>;
  /** One page. A key may appear on two pages, where others come and go meanwhile. */
  keyPage(options?: ListOptions & { readonly cursor?: string | undefined }): Promise<KeyPage>;
  /** The values of up to 100 keys, of those that have one; up to 25 MiB together. */
  getMany(keys: Iterable<string>): Promise<Map<string, Uint8Array>>;
  /**
   * Writes up to 100 values, of up to 25 MiB together. It is not promised that all are written or none: where it throws
   * with the outcome `unknown`, some may be written.
   */
  setMany(
    entries: Iterable<readonly [key: string, value: Uint8Array | string]>,
    options?: { readonly ttlMs?: number },
  ): Promise<void>;
  /** Removes up to 100 keys, or some of them where it throws with the outcome `unknown`. */
  deleteMany(keys: Iterable<string>): Promise<void>;
  /**
   * Adds to a counter, atomically; a missing key starts at zero. Gives the new value.
   * @throws {RangeError} where the new value is beyond 2^53; it is written all the same, and in the message
   */
  increment(key: string, delta?: number, options?: FenceOptions): Promise<number>;
  /** The same for counters beyond 2^53. */
  incrementBigInt(key: string, delta?: number, options?: FenceOptions): Promise<bigint>;
  /** Writes where the version is still `expected`; undefined means that the key must be absent. */
  compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array | string,
    options?: WriteOptions,
  ): Promise<Swap>;
  /** Begins to watch one key, or all that begin with a prefix; it ends with the request. */
  watch(target: { readonly key: string } | { readonly prefix: string }): Promise<StoreWatch>;
}

/**
 * The store of this name. It is opened by its first use, so a module's top level may call this: a name that the host
 * does not grant throws `permission-denied` there, not here.
 */
export function openStore(name: string): Store {
  const use = useOpened(`the store "${name}"`, () => WitStore.open(name));

  const store: Store = {
    name,
    get: (key) => use('get', (wit) => wit.get(key) ?? undefined),
    getText: (key) => store.get(key).then((value) => (value === undefined ? undefined : decode(value))),
    getJson: <T>(key: string) =>
      store.getText(key).then((text) => (text === undefined ? undefined : (parseJson(text, key) as T))),
    getVersioned: (key) =>
      use('getVersioned', (wit) => wit.getVersioned(key)).then((found) =>
        found === null ? undefined : versioned(found, key),
      ),
    set: (key, value, options = {}) =>
      use('set', (wit) =>
        wit.set(key, bytesOf(value), {
          ttlMs: options.ttlMs ?? null,
          onlyIfAbsent: options.onlyIfAbsent ?? false,
          fence: options.fence ?? null,
        }),
      ),
    setJson: (key, value, options) => store.set(key, writeJson(value), options),
    delete: (key, options = {}) => use('delete', (wit) => wit.delete(key, options.fence ?? null)),
    exists: (key) => use('exists', (wit) => wit.exists(key)),
    async *keys(options = {}) {
      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const page: KeyPage = await store.keyPage({ ...options, cursor });
        for (const key of page.keys) {
          if (seen.has(key)) continue;
          seen.add(key);
          yield key;
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    keyPage: (options = {}) =>
      use('keys', (wit) =>
        wit.keys(options.prefix ?? null, options.cursor ?? null, options.limit ?? null),
      ).then(({ keys, cursor }) => ({ keys, cursor: cursor ?? undefined })),
    getMany: (keys) =>
      use('getMany', (wit) => {
        const asked = [...keys];
        const values = wit.getMany(asked).map((value, at) => [asked[at]!, value] as const);
        return new Map(values.filter((entry): entry is [string, Uint8Array] => entry[1] !== null));
      }),
    setMany: (entries, options = {}) =>
      use('setMany', (wit) =>
        wit.setMany(
          Array.from(entries, ([key, value]): [string, Uint8Array] => [key, bytesOf(value)]),
          options.ttlMs ?? null,
        ),
      ),
    deleteMany: (keys) => use('deleteMany', (wit) => wit.deleteMany([...keys])),
    increment: (key, delta = 1, options = {}) =>
      store.incrementBigInt(key, delta, options).then((value) => {
        const number = Number(value);
        if (Number.isSafeInteger(number)) return number;
        throw new RangeError(
          `the counter ${JSON.stringify(key)} is now ${value}, beyond what a number holds; use incrementBigInt`,
        );
      }),
    incrementBigInt: (key, delta = 1, options = {}) =>
      use('increment', (wit) => {
        if (!Number.isSafeInteger(delta))
          throw new RangeError(`a counter grows by whole numbers up to 2^53, not by ${delta}`);
        return BigInt(wit.increment(key, delta, options.fence ?? null));
      }),
    compareAndSwap: (key, expected, value, options = {}) =>
      use('compareAndSwap', (wit): Swap => {
        const found = wit.compareAndSwap(key, expected ?? null, bytesOf(value), {
          ttlMs: options.ttlMs ?? null,
          fence: options.fence ?? null,
        });
        if (found.tag === 'swapped') return { swapped: true, version: found.val };
        return { swapped: false, current: found.val === null ? undefined : versioned(found.val, key) };
      }),
    watch: (target) =>
      use('watch', (wit) => {
        const watch = wit.watch(
          'key' in target ? { tag: 'key', val: target.key } : { tag: 'prefix', val: target.prefix },
        );
        return {
          next: (waitMs = 0) =>
            use('watch', () => {
              if (!(waitMs >= 0 && waitMs <= Number.MAX_SAFE_INTEGER))
                throw new RangeError(`a watch waits for 0 milliseconds or more, not for ${waitMs}`);
              const { changes, resync } = watch.next(Math.trunc(waitMs));
              return {
                changes: changes.map(({ key, kind, version }) => ({
                  key,
                  kind,
                  version: version ?? undefined,
                })),
                resync,
              };
            }),
          close: () => watch[Symbol.dispose](),
        };
      }),
  };
  return store;
}

function versioned({ value, version }: WitVersioned, key: string): Versioned {
  return {
    value,
    version,
    text: () => decode(value),
    json: <T>() => parseJson(decode(value), key) as T,
  };
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? encoder.encode(value) : value;
}

function decode(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`the value of ${JSON.stringify(key)} is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function writeJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`${typeof value} has no form in JSON`);
  return text;
}
