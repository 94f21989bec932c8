import type { MaybePromise } from '../../core/backend.ts';
import type { Opened } from '../../core/capability.ts';

/** What locks need of a key-value store: a part of its contract. */
export interface LockStore extends Opened {
  getVersioned(key: string): MaybePromise<Entry | undefined>;
  compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    options?: { readonly ttl?: number },
  ): MaybePromise<Swap>;
}

interface Entry {
  readonly value: Uint8Array;
  /** Never used twice for one key. */
  readonly version: string;
}

type Swap = { readonly swapped: true; readonly version: string } | { readonly swapped: false };
