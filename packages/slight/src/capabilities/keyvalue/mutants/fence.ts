import { setImmediate as turn } from 'node:timers/promises';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyValue, WriteOptions } from '../contract.ts';
import { admit } from '../../core/fence.ts';
import type { Defect, Defects, Notes } from './defect.ts';

type Guard = (fence: Fence, key: string) => Fence | undefined;

/** Every write with another fence, or none. */
function withFences(change: Guard): (store: KeyValue, notes?: Notes) => Partial<KeyValue> {
  return (store) => ({
    set: (key, value, how) => store.set(key, value, changed(key, how)),
    delete: (key, how) => store.delete(key, changed(key, how)),
    increment: (key, delta, how) => store.increment(key, delta, changed(key, how)),
    compareAndSwap: (key, expected, value, how) =>
      store.compareAndSwap(key, expected, value, changed(key, how)),
  });
  function changed<T extends WriteOptions>(key: string, { fence, ...rest }: T = {} as T): T {
    const next = fence && change(fence, key);
    return (next === undefined ? rest : { ...rest, fence: next }) as T;
  }
}

/** Every write guarded by `pass` in place of the store's own fences. */
function guardedBy(pass: (fence: Fence, key: string, notes: Notes) => void) {
  return (store: KeyValue, notes: Notes): Partial<KeyValue> =>
    withFences((fence, key) => void pass(fence, key, notes))(store);
}

/** Remembers tokens under the name that `place` gives, and refuses those that `refuses` finds too old. */
function remembering(
  place: (fence: Fence, key: string) => string,
  refuses = (token: string, seen: string) => BigInt(token) < BigInt(seen),
): Defect['backend'] {
  return guardedBy((fence, key, notes) => {
    const seen = notes.get(place(fence, key)) as string | undefined;
    if (seen !== undefined && refuses(fence.token, seen))
      throw new CapabilityError('precondition-failed', `older than ${seen}`);
    notes.set(place(fence, key), fence.token);
  });
}

const byKey = ({ lock }: Fence, key: string) => `${lock} ${key}`;

const set = 'a set with an older token fails and changes nothing; the same or a newer one writes';
const own = 'a fence guards its own key, in its own store, and a lock the tokens of its own';

/** Of writes that carry a lock's token. */
export const fenceDefects: Defects = {
  'a fence is not looked at': {
    breaks: [set, 'a delete with an older token fails and changes nothing'],
    backend: withFences(() => undefined),
  },
  'a set looks at no fence': {
    breaks: [set],
    backend: (store) => ({ set: withFences(() => undefined)(store).set! }),
  },
  'a delete looks at no fence': {
    breaks: ['a delete with an older token fails and changes nothing'],
    backend: (store) => ({ delete: withFences(() => undefined)(store).delete! }),
  },
  'a swap looks at no fence': {
    breaks: ['a swap with an older token fails and changes nothing, whatever its version'],
    backend: (store) => ({ compareAndSwap: withFences(() => undefined)(store).compareAndSwap! }),
  },
  'an increment looks at no fence': {
    breaks: ['an increment with an older token fails and changes nothing'],
    backend: (store) => ({ increment: withFences(() => undefined)(store).increment! }),
  },
  'a swap compares versions before tokens': {
    breaks: ['a swap with an older token fails and changes nothing, whatever its version'],
    backend: (store) => ({
      async compareAndSwap(key, expected, value, options) {
        const current = await store.getVersioned(key);
        if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
        return store.compareAndSwap(key, expected, value, options);
      },
    }),
  },
  'whether a key is there counts more than its fence': {
    breaks: ['a fence is looked at before all else'],
    backend: (store) => ({
      set(key, value, options) {
        if (options?.onlyIfAbsent && store.exists(key))
          throw new CapabilityError('already-exists', 'the key has a value');
        return store.set(key, value, options);
      },
    }),
  },
  'a token serves once': {
    breaks: [set],
    backend: remembering(byKey, (token, seen) => BigInt(token) <= BigInt(seen)),
  },
  'an older token is aborted': {
    breaks: [set],
    backend: guardedBy((fence, key, notes) => {
      if (BigInt(fence.token) < BigInt(notes.get(key) ?? 0)) throw new CapabilityError('aborted', 'too old');
      notes.set(key, fence.token);
    }),
  },
  'the value is written before the fence is looked at': {
    breaks: [set],
    backend: (store) => ({
      set(key, value, options) {
        const { fence, ...rest } = options ?? {};
        void store.set(key, value, rest);
        return fence && store.set(key, value, options);
      },
    }),
  },
  'each open has fences of its own': {
    breaks: [set],
    backend(store) {
      return remembering(byKey)!(store, new Map(), '');
    },
  },
  'a key that goes forgets its tokens': {
    breaks: ['a key remembers the newest token when it was deleted'],
    backend(store, notes) {
      const guarded = remembering(byKey)!(store, notes, '');
      return {
        ...guarded,
        delete(key, how) {
          const answer = guarded.delete!(key, how);
          notes.delete(`lock ${key}`);
          return answer;
        },
      };
    },
  },
  'a value that expired forgets its tokens': {
    breaks: ['a key remembers the newest token when its value has expired'],
    backend(store, notes) {
      const guarded = remembering(byKey)!(store, notes, '');
      return {
        ...guarded,
        set(key, value, how) {
          if (!store.exists(key)) notes.delete(`lock ${key}`);
          return guarded.set!(key, value, how);
        },
      };
    },
  },
  'a store has one token for each lock': {
    breaks: [own],
    backend: remembering(({ lock }) => lock),
  },
  'a key has one token for all locks': {
    breaks: [own],
    backend: remembering((_, key) => key),
  },
  'tokens are compared as text': {
    breaks: ['tokens are compared as numbers of 64 bits'],
    backend: remembering(byKey, (token, seen) => token < seen),
  },
  'tokens are doubles': {
    breaks: ['tokens are compared as numbers of 64 bits'],
    backend: remembering(byKey, (token, seen) => Number(token) < Number(seen)),
  },
  'tokens have a sign': {
    breaks: ['tokens are compared as numbers of 64 bits'],
    backend: remembering(
      byKey,
      (token, seen) => BigInt.asIntN(64, BigInt(token)) < BigInt.asIntN(64, BigInt(seen)),
    ),
  },
  'a write without a fence removes it': {
    breaks: ['a write without a fence passes, and what is remembered stays'],
    backend(store, notes) {
      const guarded = remembering(byKey)!(store, notes, '');
      return {
        ...guarded,
        set(key, value, how) {
          if (how?.fence === undefined) notes.delete(`lock ${key}`);
          return guarded.set!(key, value, how);
        },
      };
    },
  },
  'a key that was fenced takes no write without': {
    breaks: ['a write without a fence passes, and what is remembered stays'],
    backend: (store, notes) => ({
      set(key, value, how) {
        if (how?.fence !== undefined) notes.set(key, true);
        else if (notes.has(key)) throw new CapabilityError('precondition-failed', 'no fence');
        return store.set(key, value, how);
      },
    }),
  },
  'any text is a token': {
    breaks: ['a fence that cannot be is invalid-argument'],
    guest: withFences(({ lock }) => ({ lock: lock || 'lock', token: '7' })),
  },
  'a fence looks first and writes later': {
    breaks: ['of many fenced writes at once, that of the newest token stands'],
    backend: (store, notes) => ({
      async set(key, value, how) {
        const { fence, ...rest } = how ?? {};
        if (fence === undefined) return store.set(key, value, rest);
        admit(fence, notes.get(key) as string | undefined);
        await turn();
        await store.set(key, value, rest);
        notes.set(key, fence.token);
      },
    }),
  },
  'fences are in memory only': {
    breaks: ['what a key remembers of tokens is there after everything was closed'],
    backend: (store, notes) => ({
      ...remembering(byKey)!(store, notes, ''),
      close: () => notes.clear(),
    }),
  },
  'a fence, undeclared, is ignored': {
    breaks: ['`fence`, which is not declared, is unsupported'],
    lacks: ['fence'],
    guest: withFences(() => undefined),
  },
};
