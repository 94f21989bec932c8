import { CapabilityError } from '../../core/error.ts';
import { setImmediate as turn } from 'node:timers/promises';
import type { KeyPage, KeyValue } from '../contract.ts';
import { allKeys, text, withKeys, type Defects } from './defect.ts';

/** Values as they come out of a careless encoding. */
function withValues(change: (value: Uint8Array) => Uint8Array): (store: KeyValue) => Partial<KeyValue> {
  return (store) => ({ set: (key, value, options) => store.set(key, change(value), options) });
}

/** Of values, names and keys. */
export const valueDefects: Defects = {
  'a missing key is an empty value': {
    breaks: ['a missing key has no value, which is no error'],
    backend: (store) => ({ get: (key) => store.get(key) ?? new Uint8Array(0) }),
  },
  'a missing key is an error': {
    breaks: ['a missing key has no value, which is no error'],
    backend: (store) => ({
      get(key) {
        const value = store.get(key);
        if (value === undefined) throw new CapabilityError('not-found', 'no such key');
        return value;
      },
    }),
  },
  'values pass through UTF-8': {
    breaks: ['a value comes back byte by byte'],
    backend: withValues((value) => Buffer.from(text(value))),
  },
  'the whole buffer is stored, not its part': {
    breaks: ['a value comes back byte by byte'],
    backend: withValues((value) => (value.buffer.byteLength < 100 ? new Uint8Array(value.buffer) : value)),
  },
  'large values are cut': {
    breaks: ['the largest value fits, a larger one is invalid-argument and writes nothing'],
    backend: withValues((value) => value.subarray(0, 20 * 1024 * 1024)),
  },
  'a set keeps what is there': {
    breaks: ['a set replaces the value', 'a client reads its own writes'],
    backend: (store) => ({
      set: (key, value, options) => (store.exists(key) ? undefined : store.set(key, value, options)),
    }),
  },
  'reads come from a cache for a while': {
    breaks: ['a client reads its own writes', 'two opens of one name see the same data'],
    backend: (store) => {
      const cache = new Map<string, Uint8Array>();
      return {
        get(key) {
          const value = cache.get(key) ?? (store.get(key) as Uint8Array | undefined);
          if (value !== undefined) cache.set(key, value);
          return value;
        },
      };
    },
  },
  'an empty value counts as missing': {
    breaks: ['a value that is empty exists'],
    backend: (store) => ({ exists: (key) => ((store.get(key) as Uint8Array | undefined)?.length ?? 0) > 0 }),
  },
  'a delete empties the value': {
    breaks: ['a delete removes the value, and only this one'],
    backend: (store) => ({
      delete: (key) => (store.exists(key) ? store.set(key, new Uint8Array(0)) : undefined),
    }),
  },
  'a delete takes what begins with the key': {
    breaks: ['a delete removes the value, and only this one'],
    backend: (store) => ({
      delete(key) {
        for (const found of allKeys(store, key)) void store.delete(found);
      },
    }),
  },
  'deleting a missing key is not-found': {
    breaks: ['deleting a missing key is no error'],
    backend: (store) => ({
      delete(key) {
        if (!store.exists(key)) throw new CapabilityError('not-found', 'no such key');
        return store.delete(key);
      },
    }),
  },
  'buffers are kept, not copied': {
    breaks: ['the caller may change a buffer that it passed or got'],
    backend: (store) => {
      const kept = new Map<string, Uint8Array>();
      return {
        get: (key) => kept.get(key) ?? store.get(key),
        set(key, value, options) {
          kept.set(key, value);
          return store.set(key, value, options);
        },
      };
    },
  },
  'each open is a copy of its own': {
    breaks: ['two opens of one name see the same data'],
    rename: (name) => `${name} ${Math.random()}`,
  },
  'names are joined to keys with a colon': {
    breaks: ['two names share nothing'],
    rename: () => 'one for all',
    backend: (store, _, name) => withKeys((key) => `${name}:${key}`)(store),
  },
  'all names are one store': {
    breaks: ['two names share nothing', 'keys of other stores are not listed'],
    rename: (name) => name.slice(0, 'check-000000000000'.length),
  },
  'of writes at once only the last is kept': {
    breaks: ['writes at once, to different keys, are all kept'],
    backend: (store) => {
      let turns = 0;
      return {
        async set(key, value, options) {
          const mine = ++turns;
          await turn();
          if (mine === turns) await store.set(key, value, options);
        },
      };
    },
  },
  'a closed store goes on': {
    breaks: [
      'a closed store answers cancelled, and the other opens go on',
      'a store that is open answers a ping',
    ],
    guest: () => ({ close: () => undefined }),
  },
  'closing one open closes all': {
    breaks: ['a closed store answers cancelled, and the other opens go on'],
    guest(store, notes) {
      return {
        get(key) {
          if (notes.has('closed')) throw new CapabilityError('cancelled', 'closed');
          return store.get(key);
        },
        close() {
          notes.set('closed', true);
          return store.close();
        },
      };
    },
  },
  'a ping is not there': {
    breaks: ['a store that is open answers a ping'],
    backend: () => ({
      ping() {
        throw new CapabilityError('unavailable', 'no answer');
      },
    }),
  },
  'keys are one case': {
    breaks: ['any text is a key, and no two keys are mistaken for one another'],
    backend: withKeys((key) => key.toLowerCase()),
  },
  'keys are normalised': {
    breaks: ['any text is a key, and no two keys are mistaken for one another'],
    backend: withKeys((key) => key.normalize('NFC')),
  },
  'keys are trimmed': {
    breaks: ['any text is a key, and no two keys are mistaken for one another'],
    backend: withKeys((key) => key.trim() || key),
  },
  'keys end at a zero byte': {
    breaks: ['any text is a key, and no two keys are mistaken for one another'],
    backend: withKeys((key) => key.split('\0')[0]!),
  },
  'keys are cut at 255': {
    breaks: ['any text is a key, and no two keys are mistaken for one another'],
    backend: withKeys((key) => key.slice(0, 255)),
  },
  'listed keys stay percent-encoded': {
    breaks: ['any text is listed as it was written'],
    backend: (store) => ({
      keys(options) {
        const page = store.keys(options) as KeyPage;
        return { ...page, keys: page.keys.map((key) => encodeURI(key)) };
      },
    }),
  },
  'counters and versions do not encode their keys': {
    breaks: ['any text is a key for a counter and for compare-and-swap'],
    backend: (store) => ({ increment: (key, delta) => store.increment(key.replaceAll(/[{}:]/g, ''), delta) }),
  },
  'an empty key is a key': {
    breaks: ['an empty key is invalid-argument'],
    guest: (store) => withKeys((key) => (key === '' ? 'empty' : key))(store),
  },
  'long keys are taken': {
    breaks: ['a key above 1,024 bytes is invalid-argument'],
    guest: (store) => withKeys((key) => (key.length > 300 ? key.slice(0, 300) : key))(store),
  },
  'half characters are repaired': {
    breaks: ['a key that is no text is invalid-argument'],
    guest: (store) => withKeys((key) => key.toWellFormed())(store),
  },
};
