import type { MaybePromise } from '../core/backend.ts';
import { portableTools, type PortableOptions } from '../core/portable.ts';
import { CapabilityError } from '../core/error.ts';
import { checkFence } from '../core/fence.ts';
import { openInTime } from '../core/in-time.ts';
import { portableWatch } from '../core/watch.ts';
import type { Fence, KeyValue, KeyValueFeature, KeyValueWatch } from './contract.ts';
import { checkEntries, checkKeys, checkTotal } from './many.ts';
import { checkDelta, checkKey, checkKeysOptions, checkPrefix, checkTtl, checkValue } from './validate.ts';

/** Watches of one store in this process. */
const mostWatches = 1_000;

/**
 * What every key-value backend needs alike, round one of them: arguments are checked, features that it does not declare
 * are `unsupported`, operations end at their deadline and are repeated where that is safe. A backend that answers at
 * once is still answered at once; then errors are thrown, not rejected.
 */
export function portableKeyValue(store: KeyValue, options: PortableOptions<KeyValueFeature>): KeyValue {
  const tools = portableTools(store, options);
  const { run, need, opened } = tools;
  let watches = 0;

  function checkExpiry(ttl: number | undefined): void {
    if (ttl === undefined) return;
    need('ttl');
    checkTtl(ttl);
  }

  function checkGuard(fence: Fence | undefined): void {
    if (fence === undefined) return;
    need('fence');
    checkFence(fence);
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
          checkGuard(how.fence);
          checkKey(key);
          checkValue(value);
        },
        () => store.set(key, value, how),
      ),
    delete: (key, how = {}) =>
      run(
        'delete',
        'writes',
        () => {
          checkGuard(how.fence);
          checkKey(key);
        },
        () => store.delete(key, how),
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
    getMany: (keys) =>
      run(
        'get-many',
        'reads',
        () => checkKeys(keys),
        () => checkedTotal(store.getMany(keys)),
      ),
    setMany: (entries, how = {}) =>
      run(
        'set-many',
        'writes',
        () => {
          checkExpiry(how.ttl);
          checkEntries(entries);
        },
        () => store.setMany(entries, how),
      ),
    deleteMany: (keys) =>
      run(
        'delete-many',
        'writes',
        () => checkKeys(keys),
        () => store.deleteMany(keys),
      ),
    increment: (key, delta, how = {}) =>
      run(
        'increment',
        'writes-once',
        () => {
          need('increment');
          checkGuard(how.fence);
          checkKey(key);
          checkDelta(delta);
        },
        () => store.increment(key, delta, how),
      ),
    compareAndSwap: (key, expected, value, how = {}) =>
      run(
        'compare-and-swap',
        'writes',
        () => {
          need('compare-and-swap');
          checkExpiry(how.ttl);
          checkGuard(how.fence);
          checkKey(key);
          checkValue(value);
        },
        () => store.compareAndSwap(key, expected, value, how),
      ),
    watch: (target) => {
      const check = (): void => {
        need('watch');
        if ('key' in target) checkKey(target.key);
        else checkPrefix(target.prefix);
        if (watches >= mostWatches)
          throw new CapabilityError(
            'resource-exhausted',
            `${mostWatches} watches of this store are open. Close some, or watch a prefix in place of many keys`,
          );
      };
      const begun = openInTime<KeyValueWatch>(
        (open) => run('watch', 'reads', check, open),
        () => store.watch(target),
        (watch) => watch.close(),
      );
      const wrap = (watch: KeyValueWatch) => {
        watches++;
        return portableWatch(tools, watch, options.timeout, () => void watches--);
      };
      return begun instanceof Promise ? begun.then(wrap) : wrap(begun);
    },
    ...opened,
  };
}

type Values = (Uint8Array | undefined)[];

/** What a guest gets at once is bounded, whatever the backend looked at. */
function checkedTotal(values: MaybePromise<Values>): MaybePromise<Values> {
  if (values instanceof Promise) return values.then(checkedTotal);
  checkTotal(values.reduce((bytes, value) => bytes + (value?.byteLength ?? 0), 0));
  return values;
}
