import type { MaybePromise } from '../core/backend.ts';
import { observed } from '../core/observe.ts';
import type { ObserveCall, Operation } from '../core/observe.ts';
import type { KeyPage, KeysOptions, KeyValue, SetOptions, SwapResult, Versioned } from './contract.ts';

const names = {
  get: 'get',
  getVersioned: 'get-versioned',
  set: 'set',
  delete: 'delete',
  exists: 'exists',
  keys: 'keys',
  increment: 'increment',
  compareAndSwap: 'compare-and-swap',
} as const;

/** The operations of one store, as they are reported. */
export type KeyValueOperations = { readonly [Method in keyof typeof names]: Operation };

export function describeOperations(place: Omit<Operation, 'capability' | 'operation'>): KeyValueOperations {
  const entries = Object.entries(names).map(([method, operation]) => [
    method,
    { capability: 'keyvalue', operation, ...place },
  ]);
  return Object.fromEntries(entries) as KeyValueOperations;
}

/** A store that reports each call: which operation on which store, never its arguments or its answer. */
export class ObservedKeyValue implements KeyValue {
  readonly #store: KeyValue;
  readonly #operations: KeyValueOperations;
  readonly #observe: ObserveCall;

  // A class, since one is made whenever a guest opens a store: closures would be made anew each time.
  constructor(store: KeyValue, operations: KeyValueOperations, observe: ObserveCall) {
    this.#store = store;
    this.#operations = operations;
    this.#observe = observe;
  }

  get(key: string): MaybePromise<Uint8Array | undefined> {
    return observed(this.#observe, this.#operations.get, () => this.#store.get(key));
  }

  getVersioned(key: string): MaybePromise<Versioned | undefined> {
    return observed(this.#observe, this.#operations.getVersioned, () => this.#store.getVersioned(key));
  }

  set(key: string, value: Uint8Array, options?: SetOptions): MaybePromise<void> {
    return observed(this.#observe, this.#operations.set, () => this.#store.set(key, value, options));
  }

  delete(key: string): MaybePromise<void> {
    return observed(this.#observe, this.#operations.delete, () => this.#store.delete(key));
  }

  exists(key: string): MaybePromise<boolean> {
    return observed(this.#observe, this.#operations.exists, () => this.#store.exists(key));
  }

  keys(options?: KeysOptions): MaybePromise<KeyPage> {
    return observed(this.#observe, this.#operations.keys, () => this.#store.keys(options));
  }

  increment(key: string, delta: bigint): MaybePromise<bigint> {
    return observed(this.#observe, this.#operations.increment, () => this.#store.increment(key, delta));
  }

  compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    options?: { readonly ttl?: number },
  ): MaybePromise<SwapResult> {
    return observed(this.#observe, this.#operations.compareAndSwap, () =>
      this.#store.compareAndSwap(key, expected, value, options),
    );
  }

  ping(): MaybePromise<void> {
    return this.#store.ping();
  }

  close(): MaybePromise<void> {
    return this.#store.close();
  }
}
