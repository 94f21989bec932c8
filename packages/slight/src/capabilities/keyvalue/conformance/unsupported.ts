import { refuses } from '../../core/check.ts';
import type { KeyValue, KeyValueFeature } from '../contract.ts';
import { bytes, type CheckTools, type RefusalDefinition } from './check.ts';

const refused = (
  feature: KeyValueFeature,
  calls: { readonly [operation: string]: (store: KeyValue) => unknown },
): RefusalDefinition => refuses(feature, ({ open }: CheckTools) => open(), calls);

const value = bytes('1');
const guard = { fence: { lock: 'lock', token: '1' } };

export const unsupportedChecks: readonly RefusalDefinition[] = [
  refused('list', {
    keys: (store) => store.keys(),
    'keys with a prefix': (store) => store.keys({ prefix: 'a' }),
  }),
  refused('ttl', {
    set: (store) => store.set('key', value, { ttl: 60_000 }),
    'set-many': (store) => store.setMany([{ key: 'key', value }], { ttl: 60_000 }),
  }),
  refused('only-if-absent', { set: (store) => store.set('key', value, { onlyIfAbsent: true }) }),
  refused('increment', { increment: (store) => store.increment('key', 1n) }),
  refused('watch', {
    'watch a key': (store) => store.watch({ key: 'key' }),
    'watch a prefix': (store) => store.watch({ prefix: '' }),
  }),
  refused('fence', {
    set: (store) => store.set('key', value, guard),
    delete: (store) => store.delete('key', guard),
  }),
  refused('compare-and-swap', {
    'get-versioned': (store) => store.getVersioned('key'),
    'compare-and-swap': (store) => store.compareAndSwap('key', undefined, value),
    'compare-and-swap with a version': (store) => store.compareAndSwap('key', '1', value),
  }),
];
