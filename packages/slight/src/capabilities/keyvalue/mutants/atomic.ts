import { CapabilityError } from '../../core/error.ts';
import { setImmediate as turn } from 'node:timers/promises';
import type { KeyValue, KeyValueFeature } from '../contract.ts';
import { dropAbsent, dropTtl, text, type Defect, type Defects } from './defect.ts';

/** Reads, waits a turn, then writes: whoever else does so at the same time is overwritten. */
function addSlowly(store: KeyValue): Partial<KeyValue> {
  return {
    async increment(key, delta) {
      const before = BigInt(text((await store.get(key)) ?? Buffer.from('0')));
      await turn();
      await store.set(key, Buffer.from(String(before + delta)));
      return before + delta;
    },
  };
}

function undeclared(feature: KeyValueFeature, guest: (store: KeyValue) => Partial<KeyValue>): Defect {
  return { breaks: [`\`${feature}\`, which is not declared, is unsupported`], lacks: [feature], guest };
}

/** Of writes only where nothing is, of counters, and of what is not declared. */
export const atomicDefects: Defects = {
  'only-if-absent overwrites': {
    breaks: ['only-if-absent writes where nothing is, and else answers already-exists'],
    backend: (store) => ({ set: (key, value, options) => store.set(key, value, dropAbsent(options)) }),
  },
  'only-if-absent says nothing when it does nothing': {
    breaks: ['only-if-absent writes where nothing is, and else answers already-exists'],
    backend: (store) => ({
      set: (key, value, options) =>
        options?.onlyIfAbsent && store.exists(key) ? undefined : store.set(key, value, options),
    }),
  },
  'only-if-absent looks first and writes later': {
    breaks: ['of many that create one key at once, one does'],
    backend: (store) => ({
      async set(key, value, options) {
        const taken = options?.onlyIfAbsent && (await store.exists(key));
        await turn();
        return store.set(key, value, taken ? options : dropAbsent(options));
      },
    }),
  },
  'a counter is eight bytes': {
    breaks: [
      'a counter starts at zero, goes both ways and is decimal text',
      'decimal text that was set can be added to',
    ],
    backend: (store) => ({
      increment(key, delta) {
        const before = store.get(key) as Uint8Array | undefined;
        const bytes = Buffer.alloc(8);
        const sum = (before?.length === 8 ? Buffer.from(before).readBigInt64LE() : 0n) + delta;
        bytes.writeBigInt64LE(BigInt.asIntN(64, sum));
        void store.set(key, bytes);
        return sum;
      },
    }),
  },
  'a counter is a double': {
    breaks: ['a counter is exact over all 64 bits'],
    backend: (store) => ({
      increment(key, delta) {
        const sum = BigInt(Number(store.increment(key, delta)));
        void store.set(key, Buffer.from(String(sum)));
        return sum;
      },
    }),
  },
  'a counter wraps round': {
    breaks: ['an overflow is precondition-failed and changes nothing'],
    backend: (store) => ({
      increment(key, delta) {
        const before = store.get(key) as Uint8Array | undefined;
        const sum = BigInt.asIntN(64, BigInt(text(before ?? Buffer.from('0'))) + delta);
        void store.set(key, Buffer.from(String(sum)));
        return sum;
      },
    }),
  },
  'an increment takes whatever begins like a number': {
    breaks: ['a value that is no decimal is invalid-argument for an increment, and stays'],
    backend: (store) => ({
      increment(key, delta) {
        const before = Number.parseInt(
          text((store.get(key) as Uint8Array | undefined) ?? Buffer.from('0')),
          10,
        );
        void store.set(key, Buffer.from(String(before || 0)));
        return store.increment(key, delta);
      },
    }),
  },
  'an increment reads, then writes': {
    breaks: ['of many increments at once, none is lost'],
    backend: addSlowly,
  },
  'keys, undeclared, answers': undeclared('list', () => ({ keys: () => ({ keys: [] }) })),
  'ttl, undeclared, is ignored': undeclared('ttl', (raw) => ({
    set: (key, value, options) => raw.set(key, value, dropTtl(options)),
  })),
  'only-if-absent, undeclared, overwrites': undeclared('only-if-absent', (raw) => ({
    set: (key, value, options) => raw.set(key, value, dropAbsent(options)),
  })),
  'increment, undeclared, is an internal error': undeclared('increment', () => ({
    increment() {
      throw new CapabilityError('internal', 'increment is not a function');
    },
  })),
  'compare-and-swap, undeclared, always writes': undeclared('compare-and-swap', (raw) => ({
    getVersioned: () => undefined,
    async compareAndSwap(key, _, value) {
      await raw.set(key, value);
      return { swapped: true, version: '1' };
    },
  })),
};
