import type { KeyValue, KeyValueFeature } from '../contract.ts';
import { assertFails, bytes, type CheckDefinition } from './check.ts';

interface RefusedFeature extends CheckDefinition {
  /** Checked where this is not declared. */
  readonly refuses: KeyValueFeature;
}

function refused(
  feature: KeyValueFeature,
  calls: { readonly [operation: string]: (store: KeyValue) => unknown },
): RefusedFeature {
  return {
    name: `\`${feature}\`, which is not declared, is unsupported`,
    refuses: feature,
    needs: [],
    async run({ open }) {
      const store = await open();
      for (const [operation, call] of Object.entries(calls)) {
        await assertFails('unsupported', operation, () => call(store));
      }
    },
  };
}

const value = bytes('1');

export const unsupportedChecks: readonly RefusedFeature[] = [
  refused('list', {
    keys: (store) => store.keys(),
    'keys with a prefix': (store) => store.keys({ prefix: 'a' }),
  }),
  refused('ttl', { set: (store) => store.set('key', value, { ttl: 60_000 }) }),
  refused('only-if-absent', { set: (store) => store.set('key', value, { onlyIfAbsent: true }) }),
  refused('increment', { increment: (store) => store.increment('key', 1n) }),
  refused('compare-and-swap', {
    'get-versioned': (store) => store.getVersioned('key'),
    'compare-and-swap': (store) => store.compareAndSwap('key', undefined, value),
    'compare-and-swap with a version': (store) => store.compareAndSwap('key', '1', value),
  }),
];
