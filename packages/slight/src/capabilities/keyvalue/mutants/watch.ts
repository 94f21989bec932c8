import type { Change, Changes, KeyValue, KeyValueWatch, WatchTarget } from '../contract.ts';
import type { Defect, Defects } from './defect.ts';

/** Watches that look at something else than was asked for. */
const watching = (change: (target: WatchTarget) => WatchTarget): Defect['backend'] => {
  return (store) => ({ watch: (target) => store.watch(change(target)) });
};

/** Watches whose answers are changed; `now` has what a backend in memory answers at once. */
function telling(change: (told: Changes, store: KeyValue, now: () => Changes) => Changes): Defect['backend'] {
  return (store) => ({
    watch(target) {
      const watch = store.watch(target) as KeyValueWatch;
      return {
        async next(wait) {
          return change(await watch.next(wait), store, () => watch.next(0) as Changes);
        },
        close: () => watch.close(),
      };
    },
  });
}

/** Only some changes are told. */
const only = (keep: (change: Change, at: number) => boolean) =>
  telling(({ changes, resync }) => ({ changes: changes.filter(keep), resync }));

/** Some writes are not heard of: they are hidden from whoever watches. */
function deafTo(methods: readonly (keyof KeyValue)[]): Defect['backend'] {
  return (store, notes) => {
    const hidden: Partial<KeyValue> = {};
    for (const method of methods) {
      const original = store[method] as (...args: unknown[]) => unknown;
      Object.assign(hidden, {
        [method](...args: unknown[]) {
          const answer = original(...args);
          const first = args[0] as string | readonly (string | { key: string })[];
          const keys = typeof first === 'string' ? [first] : first;
          for (const key of keys) notes.set(typeof key === 'string' ? key : key.key, true);
          return answer;
        },
      });
    }
    return { ...hidden, ...only(({ key }) => !notes.has(key))!(store, notes, '') };
  };
}

const told = 'a set is told to who watches its key, and to who watches a prefix of it';
const other = 'other keys and other stores are not told';
const before = 'what happened before a watch began is not told, and a change once';
const every = 'every way to write is told';
const last = 'of several changes of a key the last is told at last';
const closed = 'to close a watch ends its wait, and what follows is cancelled';

/** Of watches. */
export const watchDefects: Defects = {
  'a watch tells nothing': {
    breaks: [told, 'a delete is told', 'a change ends a wait'],
    backend: only(() => false),
  },
  'a watch of a prefix is one of a key': {
    breaks: [told],
    backend: watching((target) => ('prefix' in target ? { key: target.prefix || '-' } : target)),
  },
  'a watch tells the version from before': {
    breaks: [told],
    backend: telling(({ changes, resync }) => ({
      changes: changes.map((change) => ({ ...change, version: '1' })),
      resync,
    })),
  },
  'deletes are not told': { breaks: ['a delete is told'], backend: only(({ change }) => change === 'set') },
  'a delete is told as a set': {
    breaks: ['a delete is told', last],
    backend: telling(({ changes, resync }) => ({
      changes: changes.map((change) => ({ ...change, change: 'set' })),
      resync,
    })),
  },
  'many sets are not told': { breaks: [every], backend: deafTo(['setMany']) },
  'many deletes are not told': { breaks: [every], backend: deafTo(['deleteMany']) },
  'increments are not told': { breaks: [every], backend: deafTo(['increment']) },
  'swaps are not told': { breaks: [every], backend: deafTo(['compareAndSwap']) },
  'a watch of a key is one of a prefix': {
    breaks: [other],
    backend: watching((target) => ('key' in target ? { prefix: target.key } : target)),
  },
  'a watch of a prefix looks at its first letter': {
    breaks: [other],
    backend: watching((target) => ('prefix' in target ? { prefix: target.prefix.slice(0, 1) } : target)),
  },
  'a watch tells of all stores': {
    breaks: [other],
    rename: () => 'all stores',
  },
  'a watch begins with what is there': {
    breaks: [before],
    backend(store) {
      return {
        watch(target) {
          const watch = store.watch(target) as KeyValueWatch;
          let first = store.exists('before') === true;
          return {
            async next(wait) {
              const { changes, resync } = await watch.next(first ? 0 : wait);
              const there: Change[] = first ? [{ key: 'before', change: 'set' }] : [];
              first = false;
              return { changes: [...there, ...changes], resync };
            },
            close: () => watch.close(),
          };
        },
      };
    },
  },
  'a change is told again and again': {
    breaks: [before],
    backend(store) {
      return {
        watch(target) {
          const watch = store.watch(target) as KeyValueWatch;
          const all = new Map<string, Change>();
          return {
            async next(wait) {
              const { changes, resync } = await watch.next(wait);
              for (const change of changes) all.set(change.key, change);
              return { changes: [...all.values()], resync };
            },
            close: () => watch.close(),
          };
        },
      };
    },
  },
  'a watch tells the first change of a key': {
    breaks: [last],
    backend(store) {
      return {
        watch(target) {
          const watch = store.watch(target) as KeyValueWatch;
          const seen = new Set<string>();
          return {
            async next(wait) {
              const { changes, resync } = await watch.next(wait);
              const news = changes.filter(({ key }) => !seen.has(key));
              for (const { key } of news) seen.add(key);
              return { changes: news.map((change) => ({ ...change, change: 'set' })), resync };
            },
            close: () => watch.close(),
          };
        },
      };
    },
  },
  'a store has one watch': {
    breaks: ['each watch hears of a change'],
    backend(store) {
      let latest: KeyValueWatch | undefined;
      return {
        watch(target) {
          latest?.close();
          latest = store.watch(target) as KeyValueWatch;
          return latest;
        },
      };
    },
  },
  'to close a watch closes all': {
    breaks: ['each watch hears of a change'],
    backend(store) {
      const all: KeyValueWatch[] = [];
      return {
        watch(target) {
          const watch = store.watch(target) as KeyValueWatch;
          all.push(watch);
          let gone = false;
          const none: Changes = { changes: [], resync: false };
          return {
            next: (wait) => (gone || all.length === 0 ? none : watch.next(wait)),
            close() {
              gone = true;
              for (const each of all.splice(0)) each.close();
            },
          };
        },
      };
    },
  },
  'a watch that is full forgets and does not say so': {
    breaks: ['a watch tells of many keys, or that it lost some'],
    backend: telling(({ changes }, _, now) => {
      while (now().changes.length > 0);
      return { changes: changes.slice(0, 50), resync: false };
    }),
  },
  'an answer has no bound': {
    breaks: ['a watch tells of many keys, or that it lost some'],
    backend: telling(({ changes, resync }, _, now) => ({ changes: [...changes, ...now().changes], resync })),
  },
  'resync is told all the time': {
    breaks: [before],
    backend: telling(({ changes }) => ({ changes, resync: true })),
  },
  'an expiry is not told': {
    breaks: ['an expiry is told as a deletion'],
    backend: telling(({ changes, resync }, store) => ({
      changes: changes.filter(({ key, change }) => change === 'set' || store.exists(key)),
      resync,
    })),
  },
  'a wait lasts as long as it may': {
    breaks: ['a change ends a wait'],
    backend: (store) => ({
      watch(target) {
        const watch = store.watch(target) as KeyValueWatch;
        return {
          next: (wait) => (wait > 1_000 ? { changes: [], resync: false } : watch.next(wait)),
          close: () => watch.close(),
        };
      },
    }),
  },
  'a closed watch still answers': {
    breaks: [closed],
    guest: (store) => ({
      watch(target) {
        const watch = store.watch(target) as KeyValueWatch;
        const none: Changes = { changes: [], resync: false };
        let over = false;
        return {
          next: (wait) => (over ? none : watch.next(wait)),
          close() {
            over = true;
            watch.close();
          },
        };
      },
    }),
  },
  'a wait that cannot be waits': {
    breaks: ['a watch or a wait that cannot be is invalid-argument'],
    guest: (store) => ({
      async watch(target) {
        const watch = await store.watch(target);
        return { next: (wait) => watch.next(Math.max(wait || 0, 0)), close: () => watch.close() };
      },
    }),
  },
  'any key can be watched': {
    breaks: ['a watch or a wait that cannot be is invalid-argument'],
    guest: (store) => ({ watch: () => store.watch({ prefix: '' }) }),
  },
  'watch, undeclared, tells nothing': {
    breaks: ['`watch`, which is not declared, is unsupported'],
    lacks: ['watch'],
    guest: () => ({
      watch: () => ({ next: () => ({ changes: [], resync: false }), close: () => undefined }),
    }),
  },
};
