import type { MaybePromise } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { KeyValue } from '../capabilities/keyvalue/contract.ts';
import type { KeyValueStores } from '../dialects/spiderlightning/index.ts';
import { grantLines } from './grants.ts';

const mostNames = 64;

/** The stores that a slightfile names, opened at the start. */
export function namedStores(stores: ReadonlyMap<string, KeyValue>, path: string): KeyValueStores {
  return {
    open(name) {
      const store = stores.get(name);
      if (store !== undefined) return store;
      const names = [...stores.keys()].map((each) => JSON.stringify(each)).join(', ') || 'none';
      throw new CapabilityError(
        'permission-denied',
        `the key-value store ${JSON.stringify(name)} was not granted to this app (granted: ${names}). ` +
          `Add this line to [keyvalue] in ${path}: ${grantLines('keyvalue', name, true).join('')}`,
      );
    },
  };
}

/** Stores of any name, each opened when the app first asks for it: for an app that runs without a slightfile. */
export function storesOnDemand(open: (name: string) => Promise<KeyValue>): KeyValueStores & {
  readonly opened: ReadonlyMap<string, KeyValue>;
} {
  const opened = new Map<string, KeyValue>();
  const opening = new Map<string, Promise<KeyValue>>();

  async function start(name: string): Promise<KeyValue> {
    try {
      const store = await open(name);
      opened.set(name, store);
      return store;
    } finally {
      opening.delete(name);
    }
  }

  return {
    opened,
    open(name) {
      const known = opened.get(name) ?? opening.get(name);
      if (known !== undefined) return known;
      if (!/^[\w][\w.-]{0,63}$/.test(name)) {
        throw new CapabilityError(
          'permission-denied',
          `${JSON.stringify(name)} is no name for a store without a slightfile: use up to 64 letters, digits, "_", "-" and "."`,
        );
      }
      if (opened.size + opening.size >= mostNames) {
        throw new CapabilityError(
          'resource-exhausted',
          `an app without a slightfile opens at most ${mostNames} stores`,
        );
      }
      const started = start(name);
      opening.set(name, started);
      return started;
    },
  };
}

/**
 * Stands in for a store that could not be opened at the start: every call tries again, at most once in `pause`
 * milliseconds, and fails with the latest reason until one succeeds.
 */
export function reopeningStore(
  open: () => Promise<KeyValue>,
  reason: CapabilityError,
  pause = 1_000,
): KeyValue & { readonly failure: CapabilityError | undefined } {
  let failure: CapabilityError | undefined = reason;
  let current: KeyValue | undefined;
  let attempt: Promise<KeyValue> | undefined;
  let next = performance.now() + pause;
  let closed = false;

  async function reopen(): Promise<KeyValue> {
    try {
      const store = await open();
      if (closed) await store.close();
      current = store;
      failure = undefined;
      return store;
    } catch (error) {
      failure = error instanceof CapabilityError ? error : reason;
      throw failure;
    } finally {
      next = performance.now() + pause;
      attempt = undefined;
    }
  }

  function on<T>(use: (store: KeyValue) => MaybePromise<T>): MaybePromise<T> {
    if (current !== undefined) return use(current);
    if (attempt === undefined && performance.now() < next) throw failure ?? reason;
    attempt ??= reopen();
    return attempt.then(use);
  }

  return {
    get failure() {
      return failure;
    },
    get: (key) => on((store) => store.get(key)),
    getVersioned: (key) => on((store) => store.getVersioned(key)),
    set: (key, value, options) => on((store) => store.set(key, value, options)),
    delete: (key) => on((store) => store.delete(key)),
    exists: (key) => on((store) => store.exists(key)),
    keys: (options) => on((store) => store.keys(options)),
    increment: (key, delta) => on((store) => store.increment(key, delta)),
    compareAndSwap: (key, expected, value, options) =>
      on((store) => store.compareAndSwap(key, expected, value, options)),
    ping: () => on((store) => store.ping()),
    close() {
      closed = true;
      return current?.close();
    },
  };
}
