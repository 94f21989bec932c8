import type {
  Changes,
  Fence,
  KeyPage,
  SetOptions,
  SwapOptions,
  SwapResult,
  Versioned,
  WatchTarget,
  Store as WitStore,
  Watch as WitWatch,
} from 'spiderlightning:cloud/keyvalue@0.6.0';
import { useData } from '../host.ts';
import { checkKey, memoryStores } from '../memory-store.ts';
import type { MemoryStore } from '../memory-store.ts';
import { witError } from '../wit-error.ts';

/** `spiderlightning:cloud/keyvalue` in plain Node: stores in memory, of the app that is under test. */
export class Store implements WitStore {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Store {
    const store = new Store(name);
    store.#use();
    return store;
  }

  get(key: string): Uint8Array | null {
    return this.#use().find(key)?.value.slice() ?? null;
  }

  getVersioned(key: string): Versioned | null {
    const entry = this.#use().find(key);
    return entry === undefined ? null : { value: entry.value.slice(), version: entry.version };
  }

  set(key: string, value: Uint8Array, options: SetOptions | null): void {
    const store = this.#use();
    const expires = store.expiry(options?.ttlMs);
    store.admit(key, options?.fence);
    if (options?.onlyIfAbsent === true && store.find(key) !== undefined)
      throw witError('already-exists', `the store "${this.#name}": set: the key has a value`);
    store.write(key, value, expires);
  }

  delete(key: string, fence: Fence | null): void {
    const store = this.#use();
    store.admit(key, fence);
    store.delete(key);
  }

  exists(key: string): boolean {
    return this.#use().find(key) !== undefined;
  }

  keys(prefix: string | null, cursor: string | null, limit: number | null): KeyPage {
    return this.#use().list(prefix ?? '', cursor, limit);
  }

  getMany(keys: string[]): (Uint8Array | null)[] {
    checkMany(keys);
    const values = keys.map((key) => this.get(key));
    const bytes = values.reduce((sum, value) => sum + (value?.byteLength ?? 0), 0);
    if (bytes > mostBytes) throw witError('resource-exhausted', 'the values have more than 25 MiB together');
    return values;
  }

  setMany(entries: [string, Uint8Array][], ttlMs: number | null): void {
    checkMany(entries.map(([key]) => key));
    if (entries.reduce((sum, [, value]) => sum + value.byteLength, 0) > mostBytes)
      throw witError('invalid-argument', 'the values have more than 25 MiB together');
    const store = this.#use();
    const expires = store.expiry(ttlMs);
    for (const [key, value] of entries) store.write(key, value, expires);
  }

  deleteMany(keys: string[]): void {
    checkMany(keys);
    const store = this.#use();
    for (const key of keys) store.delete(key);
  }

  increment(key: string, delta: number | bigint, fence: Fence | null): string {
    const store = this.#use();
    store.admit(key, fence);
    return store.increment(key, BigInt(delta));
  }

  compareAndSwap(
    key: string,
    expected: string | null,
    value: Uint8Array,
    options: SwapOptions | null,
  ): SwapResult {
    const store = this.#use();
    const expires = store.expiry(options?.ttlMs);
    store.admit(key, options?.fence);
    const current = this.getVersioned(key);
    if ((current?.version ?? null) !== expected) return { tag: 'stale', val: current };
    return { tag: 'swapped', val: store.write(key, value, expires) };
  }

  watch(target: WatchTarget): Watch {
    if (target.tag === 'key' || target.val !== '') checkKey(target.val);
    return new Watch(() => this.#use(), target);
  }

  [Symbol.dispose](): void {}

  /** Looked up for every use: one opened store may serve the tests of several apps. */
  #use(): MemoryStore {
    return useData(memoryStores, this.#name);
  }
}

/** Nothing happens while it waits: time stands still under test. */
export class Watch implements WitWatch {
  readonly #use: () => MemoryStore;
  readonly #target: WatchTarget;
  #seen: ReadonlyMap<string, string>;

  constructor(use: () => MemoryStore, target: WatchTarget) {
    this.#use = use;
    this.#target = target;
    this.#seen = use().versions();
  }

  next(_waitMs: number): Changes {
    const { tag, val } = this.#target;
    const now = this.#use().versions();
    const seen = new Map(this.#seen);
    const changed = [...new Set([...seen.keys(), ...now.keys()])]
      .filter((key) => (tag === 'key' ? key === val : key.startsWith(val)))
      .filter((key) => seen.get(key) !== now.get(key))
      .slice(0, mostChanges);
    for (const key of changed) {
      if (now.has(key)) seen.set(key, now.get(key)!);
      else seen.delete(key);
    }
    this.#seen = seen;
    return {
      changes: changed.map((key) => ({
        key,
        kind: now.has(key) ? 'set' : 'delete',
        version: now.get(key) ?? null,
      })),
      resync: false,
    };
  }

  [Symbol.dispose](): void {}
}

const mostChanges = 100;
const mostBytes = 25 * 1024 * 1024;

function checkMany(keys: readonly string[]): void {
  if (keys.length > 100)
    throw witError('invalid-argument', `${keys.length} keys at once. One call takes up to 100`);
  keys.forEach(checkKey);
}
