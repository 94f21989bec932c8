import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError, placeError } from '../core/error.ts';
import { guard, type Effect } from '../core/resilience.ts';
import type { KeyValue, KeyValueFeature } from './contract.ts';
import { checkDelta, checkKey, checkKeysOptions, checkTtl, checkValue } from './validate.ts';

export interface PortableOptions {
  /** For messages: the capability, the name and the backend, without credentials. */
  readonly where: string;
  readonly features: ReadonlySet<KeyValueFeature>;
  /** Milliseconds for one operation, its repetitions included. */
  readonly timeout: number;
  /** The schemes of backends that have a feature which this one lacks. */
  backendsWith(feature: KeyValueFeature): readonly string[];
}

/**
 * What every backend needs alike, round one of them: arguments are checked, features that it does not declare are
 * `unsupported`, operations end at their deadline and are repeated where that is safe, and only a `CapabilityError`
 * leaves, saying where it happened. A backend that answers at once is still answered at once; then errors are
 * thrown, not rejected.
 */
export function portableKeyValue(store: KeyValue, options: PortableOptions): KeyValue {
  const { features, where, timeout } = options;
  let closed = false;

  function describe(operation: string, effect: Effect, error: unknown): CapabilityError {
    return placeError(`${where}: ${operation}`, error, effect === 'reads' ? 'none' : undefined);
  }

  function run<T>(
    operation: string,
    effect: Effect,
    check: () => void,
    call: () => MaybePromise<T>,
  ): MaybePromise<T> {
    let answer: MaybePromise<T>;
    try {
      if (closed) throw new CapabilityError('cancelled', 'the store is closed. Open it again');
      check();
      answer = call();
    } catch (error) {
      throw describe(operation, effect, error);
    }
    if (!(answer instanceof Promise)) return answer;
    return guard(answer, call, { effect, timeout, describe: (error) => describe(operation, effect, error) });
  }

  function need(feature: KeyValueFeature): void {
    if (features.has(feature)) return;
    const others = options.backendsWith(feature);
    const fix = others.length === 0 ? '' : `. Backends that can: ${others.join(', ')}`;
    throw new CapabilityError('unsupported', `this backend has no \`${feature}\`${fix}`);
  }

  function checkExpiry(ttl: number | undefined): void {
    if (ttl === undefined) return;
    need('ttl');
    checkTtl(ttl);
  }

  return {
    get: (key) =>
      run(
        'get',
        'reads',
        () => checkKey(key),
        () => store.get(key),
      ),
    getVersioned: (key) =>
      run(
        'get-versioned',
        'reads',
        () => {
          need('compare-and-swap');
          checkKey(key);
        },
        () => store.getVersioned(key),
      ),
    set: (key, value, how = {}) =>
      run(
        'set',
        'writes',
        () => {
          checkExpiry(how.ttl);
          if (how.onlyIfAbsent) need('only-if-absent');
          checkKey(key);
          checkValue(value);
        },
        () => store.set(key, value, how),
      ),
    delete: (key) =>
      run(
        'delete',
        'writes',
        () => checkKey(key),
        () => store.delete(key),
      ),
    exists: (key) =>
      run(
        'exists',
        'reads',
        () => checkKey(key),
        () => store.exists(key),
      ),
    keys: (how = {}) => {
      let page = how;
      return run(
        'keys',
        'reads',
        () => {
          need('list');
          page = checkKeysOptions(how);
        },
        () => store.keys(page),
      );
    },
    increment: (key, delta) =>
      run(
        'increment',
        'writes-once',
        () => {
          need('increment');
          checkKey(key);
          checkDelta(delta);
        },
        () => store.increment(key, delta),
      ),
    compareAndSwap: (key, expected, value, how = {}) =>
      run(
        'compare-and-swap',
        'writes',
        () => {
          need('compare-and-swap');
          checkExpiry(how.ttl);
          checkKey(key);
          checkValue(value);
        },
        () => store.compareAndSwap(key, expected, value, how),
      ),
    ping: () =>
      run(
        'ping',
        'reads',
        () => undefined,
        () => store.ping(),
      ),
    close: () => {
      if (closed) return undefined;
      const closing = run(
        'close',
        'reads',
        () => undefined,
        () => store.close(),
      );
      closed = true;
      return closing;
    },
  };
}
