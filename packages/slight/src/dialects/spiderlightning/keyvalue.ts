import type { HostInterface } from '@spiderlightning/component';
import type { Opener } from '../../capabilities/core/capability.ts';
import type {
  Changes,
  Fence,
  KeyPage,
  KeyValue,
  KeyValueWatch,
  SwapResult,
  Versioned,
} from '../../capabilities/keyvalue/contract.ts';
import { answer, given, nothing, ok } from './result.ts';
import type { Result } from './result.ts';

/**
 * `spiderlightning:cloud/keyvalue`: the contract under its names in WIT. A store that answers at once gives no promise,
 * so that the guest is not suspended. The store itself stands for the guest's handle.
 */
export function keyvalueInterface(stores: Opener<KeyValue>): HostInterface {
  return {
    '[static]store.open': (name: string) => answer(() => stores.open(name), ok),
    '[method]store.get': (store: KeyValue, key: string) => answer(() => store.get(key), ok),
    '[method]store.get-versioned': (store: KeyValue, key: string) =>
      answer(() => store.getVersioned(key), ok),
    '[method]store.set': (
      store: KeyValue,
      key: string,
      value: Uint8Array,
      options: (SwapOptions & { onlyIfAbsent: boolean }) | undefined,
    ) =>
      answer(
        () =>
          options === undefined
            ? store.set(key, value)
            : store.set(key, value, { ...swapOptions(options), onlyIfAbsent: options.onlyIfAbsent }),
        nothing,
      ),
    '[method]store.delete': (store: KeyValue, key: string, fence: Fence | undefined) =>
      answer(() => store.delete(key, fence && { fence }), nothing),
    '[method]store.exists': (store: KeyValue, key: string) => answer(() => store.exists(key), ok),
    '[method]store.keys': (
      store: KeyValue,
      prefix: string | undefined,
      cursor: string | undefined,
      limit: number | undefined,
    ) => answer(() => store.keys({ ...given({ prefix, cursor, limit }) }), page),
    '[method]store.get-many': (store: KeyValue, keys: string[]) => answer(() => store.getMany(keys), ok),
    '[method]store.set-many': (
      store: KeyValue,
      entries: [key: string, value: Uint8Array][],
      ttlMs: bigint | undefined,
    ) =>
      answer(
        () =>
          store.setMany(
            entries.map(([key, value]) => ({ key, value })),
            swapOptions({ ttlMs }),
          ),
        nothing,
      ),
    '[method]store.delete-many': (store: KeyValue, keys: string[]) =>
      answer(() => store.deleteMany(keys), nothing),
    '[method]store.increment': (store: KeyValue, key: string, delta: bigint, fence: Fence | undefined) =>
      answer(() => store.increment(key, delta, fence && { fence }), decimal),
    '[method]store.compare-and-swap': (
      store: KeyValue,
      key: string,
      expected: string | undefined,
      value: Uint8Array,
      options: SwapOptions | undefined,
    ) => answer(() => store.compareAndSwap(key, expected, value, swapOptions(options)), swap),
    '[method]store.watch': (store: KeyValue, target: { tag: 'key' | 'prefix'; val: string }) =>
      answer(() => store.watch(target.tag === 'key' ? { key: target.val } : { prefix: target.val }), ok),
    '[method]watch.next': (watch: KeyValueWatch, wait: bigint) =>
      answer(() => watch.next(Number(wait)), changes),
    '[drop]watch': (watch: KeyValueWatch) => watch.close(),
  };
}

const decimal = (value: bigint): Result => ok(value.toString());
const changes = ({ changes: told, resync }: Changes): Result =>
  ok({ changes: told.map(({ key, change, version }) => ({ key, kind: change, version })), resync });
const page = ({ keys, cursor }: KeyPage): Result => ok({ keys, cursor });

function swap(result: SwapResult): Result {
  return result.swapped
    ? ok({ tag: 'swapped', val: result.version })
    : ok({ tag: 'stale', val: result.current satisfies Versioned | undefined });
}

interface SwapOptions {
  readonly ttlMs: bigint | undefined;
  readonly fence: Fence | undefined;
}

function swapOptions({ ttlMs, fence }: Partial<SwapOptions> = {}): { ttl?: number; fence?: Fence } {
  // Past 2^53 ms, which is 285,000 years, a number is exact enough.
  return given({ ttl: ttlMs === undefined ? undefined : Number(ttlMs), fence });
}
