import type { KeyValue } from '../contract.ts';
import type { Defect, Defects } from './defect.ts';

const written = 'many values are written at once, and read in the order of their keys';
const overwrites = 'what is written at once overwrites, in its order, and touches nothing else';
const deleted = 'many keys are deleted at once, missing ones too';
const bounded = 'a hundred keys at once are taken, and no more';

/** What the guest sees of the same operations one by one, without the checks of all together. */
function unchecked(store: KeyValue): Partial<KeyValue> {
  return {
    getMany: (keys) => keys.map((key) => store.get(key) as Uint8Array | undefined),
    setMany: (entries, options) => entries.forEach(({ key, value }) => void store.set(key, value, options)),
    deleteMany: (keys) => keys.forEach((key) => void store.delete(key)),
  };
}

const guest = (change: (store: KeyValue) => Partial<KeyValue>, breaks: string): Defect => ({
  breaks: [breaks],
  guest: change,
});

/** Of many keys at once. */
export const manyDefects: Defects = {
  'many reads leave out what is missing': {
    breaks: [written],
    backend: (store) => ({
      getMany: (keys) =>
        keys.map((key) => store.get(key) as Uint8Array | undefined).filter((value) => value !== undefined),
    }),
  },
  'many reads come in the order of the keys': {
    breaks: [written],
    backend: (store) => ({ getMany: (keys) => store.getMany(keys.toSorted()) }),
  },
  'many reads drop what was asked for twice': {
    breaks: [written],
    backend: (store) => ({ getMany: (keys) => store.getMany([...new Set(keys)]) }),
  },
  'many writes forget the last': {
    breaks: [written],
    backend: (store) => ({ setMany: (entries, options) => store.setMany(entries.slice(0, -1), options) }),
  },
  'many writes go backwards': {
    breaks: [overwrites],
    backend: (store) => ({ setMany: (entries, options) => store.setMany(entries.toReversed(), options) }),
  },
  'many writes only create': {
    breaks: [overwrites],
    backend: (store) => ({
      setMany: (entries, options) =>
        store.setMany(
          entries.filter(({ key }) => !store.exists(key)),
          options,
        ),
    }),
  },
  'many deletes stop at what is missing': {
    breaks: [deleted],
    backend: (store) => ({
      deleteMany(keys) {
        const missing = keys.findIndex((key) => !store.exists(key));
        return store.deleteMany(missing === -1 ? keys : keys.slice(0, missing));
      },
    }),
  },
  'none at once is an error': {
    breaks: ['none at once is none'],
    backend: (store) => ({
      getMany(keys) {
        if (keys.length === 0) throw new Error('wrong number of arguments for MGET');
        return store.getMany(keys);
      },
    }),
  },
  'any number of keys is taken': guest(unchecked, bounded),
  'few keys are taken': {
    breaks: [bounded],
    backend: (store) => ({ setMany: (entries, options) => store.setMany(entries.slice(0, 50), options) }),
  },
  'many writes happen until one cannot': guest(
    unchecked,
    'where one key cannot be, nothing happens to the others',
  ),
  'any number of bytes is taken': guest(unchecked, 'values at once have up to 25 MiB together'),
  'many writes know no ttl': {
    breaks: ['values that are written at once may expire, or lose an earlier expiry'],
    backend: (store) => ({ setMany: (entries) => store.setMany(entries) }),
  },
  'many writes keep the version': {
    breaks: ['what is written at once has new versions'],
    backend(store, notes) {
      return {
        setMany(entries, options) {
          for (const { key } of entries) notes.set(key, true);
          return store.setMany(entries, options);
        },
        getVersioned(key) {
          const value = store.get(key) as Uint8Array | undefined;
          return notes.has(key) && value !== undefined ? { value, version: '1' } : store.getVersioned(key);
        },
      };
    },
  },
};
