import { dropTtl, pageByOffset, text, type Defects } from './defect.ts';

/** Of expiry. */
export const expiryDefects: Defects = {
  'a ttl is ignored': {
    breaks: [
      'a value with a ttl is there, and gone afterwards',
      'a set with a ttl gives one to a value that had none, or a longer one',
      'an increment keeps the expiry',
    ],
    backend: (store) => ({ set: (key, value, options) => store.set(key, value, dropTtl(options)) }),
  },
  'a ttl counts seconds as milliseconds': {
    breaks: ['a value with a ttl is there, and gone afterwards'],
    backend: (store) => ({
      set: (key, value, options) =>
        store.set(key, value, options?.ttl === undefined ? options : { ...options, ttl: options.ttl / 1e9 }),
    }),
  },
  'expired keys are listed': {
    breaks: ['an expired key is not listed'],
    backend(store, notes) {
      return {
        set(key, value, options) {
          notes.set(key, true);
          return store.set(key, value, options);
        },
        keys: (options = {}) => pageByOffset([...notes.keys()].toSorted(), options),
      };
    },
  },
  'a set keeps an earlier ttl': {
    breaks: ['a set without a ttl removes an earlier one'],
    backend(store, ttls) {
      return {
        set(key, value, options = {}) {
          const ttl = options.ttl ?? ttls.get(key);
          if (ttl === undefined) return store.set(key, value, options);
          ttls.set(key, ttl);
          return store.set(key, value, { ...options, ttl });
        },
      };
    },
  },
  'a set keeps a shorter ttl': {
    breaks: ['a set with a ttl gives one to a value that had none, or a longer one'],
    backend(store, ttls) {
      return {
        set(key, value, options = {}) {
          if (options.ttl === undefined) return store.set(key, value, options);
          const ttl = Math.min(options.ttl, ttls.get(key) ?? Infinity);
          ttls.set(key, ttl);
          return store.set(key, value, { ...options, ttl });
        },
      };
    },
  },
  'a swap keeps an earlier ttl': {
    breaks: ['a swap without a ttl removes an earlier one'],
    backend(store, ttls) {
      return {
        set(key, value, options = {}) {
          if (options.ttl !== undefined) ttls.set(key, options.ttl);
          return store.set(key, value, options);
        },
        compareAndSwap: (key, expected, value, options) =>
          store.compareAndSwap(
            key,
            expected,
            value,
            options?.ttl === undefined && ttls.has(key) ? { ttl: ttls.get(key)! } : options,
          ),
      };
    },
  },
  'a ttl of zero means for ever': {
    breaks: ['a ttl that is no time is invalid-argument and writes nothing'],
    guest: (store) => ({
      set: (key, value, options) => store.set(key, value, options?.ttl === 0 ? dropTtl(options) : options),
    }),
  },
  'an expired key blocks only-if-absent': {
    breaks: ['an expired key is absent for only-if-absent'],
    backend: (store) => ({
      set: (key, value, options) =>
        store.set(key, value, options?.onlyIfAbsent ? { onlyIfAbsent: true } : options),
    }),
  },
  'an increment goes on from an expired count': {
    breaks: ['an expired counter starts at zero'],
    backend(store, counts) {
      return {
        set(key, value, options) {
          if (/^\d+$/.test(text(value))) counts.set(key, BigInt(text(value)));
          return store.set(key, value, options);
        },
        increment(key, delta) {
          const sum = (counts.get(key) ?? 0n) + delta;
          void store.set(key, Buffer.from(String(sum)));
          return sum;
        },
      };
    },
  },
  'an increment removes the ttl': {
    breaks: ['an increment keeps the expiry'],
    backend: (store) => ({
      increment(key, delta) {
        const sum = store.increment(key, delta) as bigint;
        void store.set(key, Buffer.from(String(sum)));
        return sum;
      },
    }),
  },
  'a swap ignores its ttl': {
    breaks: ['an expired key is absent for compare-and-swap, which takes a ttl too'],
    backend: (store) => ({
      compareAndSwap: (key, expected, value) => store.compareAndSwap(key, expected, value),
    }),
  },
};
