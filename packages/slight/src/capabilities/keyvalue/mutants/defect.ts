import type { KeyPage, KeysOptions, KeyValue, KeyValueFeature, SetOptions } from '../contract.ts';
import { CapabilityError } from '../../core/error.ts';

/** What a mutant remembers beside its store: the same for all opens of one name. */
export type Notes = Map<string, any>;

export interface Defect {
  /** Names of checks that must fail. */
  readonly breaks: readonly string[];
  /** Features that it does not declare. */
  readonly lacks?: readonly KeyValueFeature[];
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. */
  backend?(store: KeyValue, notes: Notes, name: string): Partial<KeyValue>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(store: KeyValue, notes: Notes): Partial<KeyValue>;
}

export type Defects = { readonly [name: string]: Defect };

export const text = (value: Uint8Array): string => Buffer.from(value).toString();

const without =
  (dropped: keyof SetOptions) =>
  (options: SetOptions = {}): SetOptions =>
    Object.fromEntries(Object.entries(options).filter(([option]) => option !== dropped));
export const dropTtl = without('ttl');
export const dropAbsent = without('onlyIfAbsent');

/** Keys as they come out of a careless encoding. */
export function withKeys(change: (key: string) => string): (store: KeyValue) => Partial<KeyValue> {
  return (store) => ({
    get: (key) => store.get(change(key)),
    getVersioned: (key) => store.getVersioned(change(key)),
    set: (key, value, options) => store.set(change(key), value, options),
    delete: (key, options) => store.delete(change(key), options),
    getMany: (keys) => store.getMany(keys.map(change)),
    setMany: (entries, options) =>
      store.setMany(
        entries.map(({ key, value }) => ({ key: change(key), value })),
        options,
      ),
    deleteMany: (keys) => store.deleteMany(keys.map(change)),
    exists: (key) => store.exists(change(key)),
    increment: (key, delta, options) => store.increment(change(key), delta, options),
    compareAndSwap: (key, expected, value, options) =>
      store.compareAndSwap(change(key), expected, value, options),
  });
}

export function allKeys(store: KeyValue, prefix = ''): string[] {
  return (store.keys({ prefix, limit: 1_000_000 }) as KeyPage).keys;
}

/** A number as cursor: where the page began, counted in keys. */
export function pageByOffset(keys: readonly string[], { cursor = '0', limit = 1_000 }: KeysOptions): KeyPage {
  if (!/^\d+$/.test(cursor)) throw new CapabilityError('invalid-argument', 'broken cursor');
  const end = Number(cursor) + limit;
  const page = keys.slice(Number(cursor), end);
  return end < keys.length ? { keys: page, cursor: String(end) } : { keys: page };
}
