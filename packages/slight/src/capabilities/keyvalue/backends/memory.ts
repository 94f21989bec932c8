import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyPage, KeysOptions, KeyValue, KeyValueFeature, Versioned } from '../contract.ts';
import { admit } from '../../core/fence.ts';
import { collectValues } from '../many.ts';
import { compareUtf8 } from '../../core/order.ts';
import { addDecimal, brokenCursor } from '../validate.ts';
import { makeVersions } from '../../core/version.ts';
import { makeWatches, type Watches } from './memory-watches.ts';

interface Entry {
  readonly value: Uint8Array;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** What all opens of one name in this process share. It lives while one of them is open. */
interface Shared {
  readonly entries: Map<string, Entry>;
  /** By key and lock, the highest token; for good. */
  readonly fences: Map<string, Map<string, string>>;
  readonly watches: Watches;
  writes: number;
  /** At this count of writes, expired entries are thrown out. */
  sweepAt: number;
  /** The keys in order, while no key came or went. */
  sorted: string[] | undefined;
  opens: number;
}

const stores = new Map<string, Shared>();
/** Fewest writes between two sweeps; with more entries there are as many, so that a write costs the same. */
const sweepEvery = 1_000;
const nextVersion = makeVersions();

/** Keeps values in this process only: for tests, caches and trying things out. */
export const memory = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'memory',
  capability: 'keyvalue',
  doc: 'Values in the memory of the host process; gone when it ends.',
  features: new Set([
    'list',
    'ordered',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'watch',
    'fence',
  ]),
  config: {},
  singleProcess: true,
  open: openMemory,
});

function openMemory({ name, dataDir }: OpenContext): KeyValue {
  const id = `${dataDir}\0${name}`;
  const store = stores.get(id) ?? {
    entries: new Map(),
    fences: new Map(),
    watches: makeWatches(),
    writes: 0,
    sweepAt: sweepEvery,
    sorted: undefined,
    opens: 0,
  };
  stores.set(id, store);
  store.opens++;

  function find(key: string): Entry | undefined {
    const entry = store.entries.get(key);
    return entry !== undefined && entry.expires > Date.now() ? entry : undefined;
  }

  function write(key: string, value: Uint8Array, expires: number): string {
    if (!store.entries.has(key)) store.sorted = undefined;
    const version = nextVersion();
    store.entries.set(key, { value: new Uint8Array(value), version, expires });
    store.watches.tell(key, version);
    if (++store.writes >= store.sweepAt) sweep(store);
    return version;
  }

  function remove(key: string): void {
    if (!store.entries.delete(key)) return;
    store.sorted = undefined;
    store.watches.tell(key, undefined);
  }

  /** Does a write that passes its fence, and remembers that once it has happened. */
  function guarded<T>(key: string, fence: Fence | undefined, work: () => T): T {
    if (fence === undefined) return work();
    const tokens = store.fences.get(key) ?? new Map<string, string>();
    admit(fence, tokens.get(fence.lock));
    const answer = work();
    store.fences.set(key, tokens.set(fence.lock, fence.token));
    return answer;
  }

  function versioned(key: string): Versioned | undefined {
    const entry = find(key);
    return entry && { value: entry.value.slice(), version: entry.version };
  }

  return {
    get: (key) => find(key)?.value.slice(),
    getVersioned: versioned,
    set(key, value, { ttl, onlyIfAbsent, fence } = {}) {
      guarded(key, fence, () => {
        if (onlyIfAbsent && find(key) !== undefined)
          throw new CapabilityError('already-exists', 'the key has a value');
        write(key, value, expiry(ttl));
      });
    },
    delete(key, { fence } = {}) {
      guarded(key, fence, () => remove(key));
    },
    exists: (key) => find(key) !== undefined,
    keys: (options = {}) => listKeys(store, options),
    getMany: (keys) => collectValues(keys, (key) => find(key)?.value.slice()),
    setMany(entries, { ttl } = {}) {
      for (const { key, value } of entries) write(key, value, expiry(ttl));
    },
    deleteMany: (keys) => keys.forEach(remove),
    increment: (key, delta, { fence } = {}) =>
      guarded(key, fence, () => {
        const entry = find(key);
        const sum = addDecimal(entry?.value, delta);
        write(key, Buffer.from(String(sum)), entry?.expires ?? Infinity);
        return sum;
      }),
    compareAndSwap: (key, expected, value, { ttl, fence } = {}) =>
      guarded(key, fence, () => {
        const current = versioned(key);
        if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
        return { swapped: true, version: write(key, value, expiry(ttl)) };
      }),
    watch: (target) => store.watches.begin(target, () => sweep(store)),
    ping: () => undefined,
    close() {
      if (--store.opens === 0) stores.delete(id);
    },
  };
}

function expiry(ttl: number | undefined): number {
  return ttl === undefined ? Infinity : Date.now() + ttl;
}

function sweep(store: Shared): void {
  const now = Date.now();
  for (const [key, entry] of store.entries) {
    if (entry.expires > now) continue;
    store.entries.delete(key);
    store.watches.tell(key, undefined);
  }
  store.sorted = undefined;
  store.sweepAt = store.writes + Math.max(sweepEvery, store.entries.size);
}

/** The cursor is the last key of the page before, so keys that come and go between pages disturb nothing. */
function listKeys(store: Shared, { prefix = '', cursor, limit = 1_000 }: KeysOptions): KeyPage {
  store.sorted ??= [...store.entries.keys()].toSorted(compareUtf8);
  if (cursor !== undefined && !cursor.startsWith('>')) throw brokenCursor();
  const now = Date.now();
  const keys: string[] = [];
  for (
    let at = cursor === undefined ? 0 : firstAfter(store.sorted, cursor.slice(1));
    at < store.sorted.length;
    at++
  ) {
    const key = store.sorted[at]!;
    if (!key.startsWith(prefix) || store.entries.get(key)!.expires <= now) continue;
    if (keys.length === limit) return { keys, cursor: `>${keys.at(-1)}` };
    keys.push(key);
  }
  return { keys };
}

function firstAfter(sorted: string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareUtf8(sorted[middle]!, key) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
