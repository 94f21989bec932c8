import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';
import type { Fence } from '../core/fence.ts';
import type { Watch } from '../core/watch.ts';

export type { Fence } from '../core/fence.ts';

/** What a backend may be able to do beyond the core. Undeclared: the portable layer answers `unsupported`. */
export type KeyValueFeature =
  | 'list' // `keys`
  | 'ordered' // `keys` gives them in the order of their UTF-8 bytes
  | 'ttl' // expiry
  | 'only-if-absent'
  | 'increment'
  | 'compare-and-swap' // ABA-safe, with versions
  | 'watch'
  | 'fence' // writes that carry a lock's token
  | 'durable' // acknowledged writes survive the death of this process
  | 'durable-server' // … where the server is set up for it
  | 'shared'; // several processes see the same data

export interface Versioned {
  readonly value: Uint8Array;
  /** Opaque; never used twice for one key, also not for equal bytes or after a deletion. */
  readonly version: string;
}

export interface WriteOptions {
  readonly fence?: Fence;
}

export interface SwapOptions extends WriteOptions {
  /** Milliseconds until it is gone. Absent: for ever. */
  readonly ttl?: number;
}

export interface SetOptions extends WriteOptions {
  /** Milliseconds until it is gone. Absent: for ever. A set without it removes an earlier one. */
  readonly ttl?: number;
  /** Fail with `already-exists` where a value is present. */
  readonly onlyIfAbsent?: boolean;
}

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface KeysOptions {
  readonly prefix?: string;
  /** From an earlier page; opaque. */
  readonly cursor?: string;
  /** A wish. Default 1,000. */
  readonly limit?: number;
}

export interface KeyPage {
  readonly keys: string[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** What a watch looks at: one key, or all that begin with a prefix, which may be empty. */
export type WatchTarget = { readonly key: string } | { readonly prefix: string };

export interface Change {
  readonly key: string;
  readonly change: 'set' | 'delete';
  /** The version that was there when the change was told, where there are versions. Whoever wants the value reads it. */
  readonly version?: string;
}

export interface Changes {
  /** Each key once, with the latest of its changes; steps between may be left out, and one may be told twice. */
  readonly changes: readonly Change[];
  /** Changes were lost: read again what matters. */
  readonly resync: boolean;
}

/** Tells of changes since it began, whoever made them; at most 100 at once. None: nothing changed during the wait. */
export type KeyValueWatch = Watch<Changes>;

export type SwapResult =
  | { readonly swapped: true; readonly version: string }
  | { readonly swapped: false; readonly current?: Versioned };

/**
 * One opened store: what backends implement, what the portable layer wraps, what dialects call. Every method fails
 * with a `CapabilityError` only. An in-process backend answers at once, not with a promise, unless it waits for the disk.
 * Arguments reach a backend checked: keys of 1 to 1,024 bytes of UTF-8, values up to 25 MiB, ttl > 0; at most 100 keys
 * at once, with values of up to 25 MiB together.
 */
export interface KeyValue extends Opened {
  get(key: string): MaybePromise<Uint8Array | undefined>;
  getVersioned(key: string): MaybePromise<Versioned | undefined>;
  set(key: string, value: Uint8Array, options?: SetOptions): MaybePromise<void>;
  /** A missing key is no error. */
  delete(key: string, options?: WriteOptions): MaybePromise<void>;
  exists(key: string): MaybePromise<boolean>;
  keys(options?: KeysOptions): MaybePromise<KeyPage>;
  /** In the order of the keys; others may write between two of them. `resource-exhausted`: more than 25 MiB together. */
  getMany(keys: readonly string[]): MaybePromise<(Uint8Array | undefined)[]>;
  /** In their order, so of two with one key the last stays. Where it fails with the outcome `unknown`, some were written. */
  setMany(entries: readonly Entry[], options?: { readonly ttl?: number }): MaybePromise<void>;
  /** Where it fails with the outcome `unknown`, some were deleted. */
  deleteMany(keys: readonly string[]): MaybePromise<void>;
  /** Missing starts at zero; stored as decimal text. `invalid-argument`: no decimal; `precondition-failed`: overflow. */
  increment(key: string, delta: bigint, options?: WriteOptions): MaybePromise<bigint>;
  /** `expected` absent: the key must be absent. */
  compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    options?: SwapOptions,
  ): MaybePromise<SwapResult>;
  watch(target: WatchTarget): MaybePromise<KeyValueWatch>;
}

export const keyValueOperations: Operations<KeyValue> = {
  get: 'get',
  getVersioned: 'get-versioned',
  set: 'set',
  delete: 'delete',
  exists: 'exists',
  keys: 'keys',
  getMany: 'get-many',
  setMany: 'set-many',
  deleteMany: 'delete-many',
  increment: 'increment',
  compareAndSwap: 'compare-and-swap',
  watch: 'watch',
};
