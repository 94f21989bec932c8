import { setImmediate as turn } from 'node:timers/promises';
import type { KeyValue, Versioned } from '../contract.ts';
import { allKeys, text, type Defects, type Notes } from './defect.ts';

function swapSlowly(store: KeyValue): Partial<KeyValue> {
  return {
    async compareAndSwap(key, expected, value, options) {
      const current = await store.getVersioned(key);
      await turn();
      if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
      await store.set(key, value, options);
      return { swapped: true, version: (await store.getVersioned(key))!.version };
    },
  };
}

/** Versions made by `version` from the value, not kept by the store. */
function withVersions(
  version: (found: Versioned, key: string) => string,
): (store: KeyValue) => Partial<KeyValue> {
  return (store) => {
    const find = (key: string): Versioned | undefined => {
      const found = store.getVersioned(key) as Versioned | undefined;
      return found && { value: found.value, version: version(found, key) };
    };
    return {
      getVersioned: find,
      compareAndSwap(key, expected, value, options) {
        const current = find(key);
        if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
        void store.set(key, value, options);
        return { swapped: true, version: find(key)!.version };
      },
    };
  };
}

/** Counts the writes of each key, but forgets the count when the key goes. */
function countWrites(store: KeyValue, counts: Notes): Partial<KeyValue> {
  const versioned = withVersions((_, key) => String(counts.get(key) ?? 0))(store);
  const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    ...versioned,
    set(key, value, options) {
      if (!store.exists(key)) counts.delete(key);
      void store.set(key, value, options);
      count(key);
    },
    increment(key, delta) {
      count(key);
      return store.increment(key, delta);
    },
    compareAndSwap(key, expected, value, options) {
      if (!store.exists(key)) counts.delete(key);
      const result = versioned.compareAndSwap!(key, expected, value, options) as { swapped: boolean };
      if (!result.swapped) return result as never;
      count(key);
      return { swapped: true, version: String(counts.get(key)) };
    },
    delete(key) {
      counts.delete(key);
      return store.delete(key);
    },
  };
}

/** Of versions, and of durability. */
export const versionDefects: Defects = {
  'reading changes the version': {
    breaks: ['a value comes with a version that reading does not change'],
    backend: (store) => ({
      get(key) {
        const value = store.get(key) as Uint8Array | undefined;
        if (value !== undefined) void store.set(key, value);
        return value;
      },
    }),
  },
  'a swap that wrote says that it did not': {
    breaks: ['a swap with the version that stands writes once'],
    backend: (store) => ({
      async compareAndSwap(key, expected, value, options) {
        const result = await store.compareAndSwap(key, expected, value, options);
        return expected !== undefined && result.swapped ? { swapped: false } : result;
      },
    }),
  },
  'a swap gives the version from before': {
    breaks: ['a swap with the version that stands writes once'],
    backend: (store) => ({
      async compareAndSwap(key, expected, value, options) {
        const result = await store.compareAndSwap(key, expected, value, options);
        return result.swapped ? { swapped: true, version: expected ?? result.version } : result;
      },
    }),
  },
  'a swap that lost does not say to whom': {
    breaks: ['a swap with another version writes nothing and gives what stands'],
    backend: (store) => ({
      async compareAndSwap(key, expected, value, options) {
        const result = await store.compareAndSwap(key, expected, value, options);
        return result.swapped ? result : { swapped: false };
      },
    }),
  },
  'a swap of a missing key creates it': {
    breaks: ['a swap with another version writes nothing and gives what stands'],
    backend: (store) => ({
      compareAndSwap: (key, expected, value, options) =>
        store.compareAndSwap(key, store.exists(key) ? expected : undefined, value, options),
    }),
  },
  'a swap that expects nothing overwrites': {
    breaks: ['a swap that expects nothing creates, and only creates'],
    backend: (store) => ({
      compareAndSwap: (key, expected, value, options) =>
        store.compareAndSwap(
          key,
          expected ?? (store.getVersioned(key) as Versioned | undefined)?.version,
          value,
          options,
        ),
    }),
  },
  'the version is the value': {
    breaks: [
      'every set gives a new version, also with the same bytes',
      'a value that went away and came back is another one (ABA)',
    ],
    backend: withVersions(({ value }) => `v${text(value)}`),
  },
  'increments keep the version': {
    breaks: ['an increment gives a new version'],
    backend(store, notes) {
      return {
        ...withVersions(({ version }, key) => (notes.has(key) ? 'counter' : version))(store),
        increment(key, delta) {
          notes.set(key, true);
          return store.increment(key, delta);
        },
      };
    },
  },
  'versions begin again with each life of a key': {
    breaks: [
      'a value that was deleted and made again is another one (ABA)',
      'a value that expired and was made again is another one (ABA)',
    ],
    backend: countWrites,
  },
  'a swap compares, then writes': {
    breaks: [
      'of many that create one key by swapping at once, one does',
      'of many that swap one version at once, one does',
      'a value that is swapped until it works loses no update',
    ],
    backend: swapSlowly,
  },
  'nothing is kept': {
    breaks: [
      'what was written is there after everything was closed',
      'what was written is there after the server came back',
    ],
    backend: (store) => ({
      close() {
        for (const key of allKeys(store)) void store.delete(key);
      },
    }),
  },
};
