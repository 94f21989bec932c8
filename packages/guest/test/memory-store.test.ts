import { test } from 'node:test';
import { keyValueConformance } from '@spiderlightning/slight/conformance';
import type { KeyValue } from '@spiderlightning/slight/conformance';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { Store } from '../src/test/cloud/keyvalue.ts';
import { openData, runWith } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';

/** The stores of `testApp` promise what every backend promises: an app that passes its tests meets no surprises. */
const host: TestHost = {
  now: () => Date.now(),
  find: openData({}),
  failures: new Map(),
  lines: [],
  sent: [],
};
const checks = keyValueConformance({
  open,
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
});
/** Time stands still there, so nothing happens during a wait; and what is closed is closed by the guest itself. */
const timeless = new Set([
  'a change ends a wait',
  'to close a watch ends its wait, and what follows is cancelled',
  'a watch or a wait that cannot be is invalid-argument',
]);
for (const { name, run } of checks) if (!timeless.has(name)) test(name, run);

/** The interface that a guest imports, as the suite sees stores. */
function open(name: string): KeyValue {
  const store = runWith(host, () => Store.open(name));
  let closed = false;
  const use = <T>(call: () => T): T => {
    if (closed) throw new CapabilityError('cancelled', 'closed');
    try {
      return runWith(host, call);
    } catch (error) {
      const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
      throw new CapabilityError(code, message);
    }
  };
  return {
    get: (key) => use(() => store.get(key) ?? undefined),
    getVersioned: (key) => use(() => store.getVersioned(key) ?? undefined),
    set: (key, value, { ttl, onlyIfAbsent = false, fence } = {}) =>
      use(() => store.set(key, value, { ttlMs: ttl ?? null, onlyIfAbsent, fence: fence ?? null })),
    delete: (key, { fence } = {}) => use(() => store.delete(key, fence ?? null)),
    exists: (key) => use(() => store.exists(key)),
    keys: ({ prefix, cursor, limit } = {}) =>
      use(() => {
        const page = store.keys(prefix ?? null, cursor ?? null, limit ?? null);
        return { keys: page.keys, ...(page.cursor !== null && { cursor: page.cursor }) };
      }),
    getMany: (keys) => use(() => store.getMany([...keys]).map((value) => value ?? undefined)),
    setMany: (entries, { ttl } = {}) =>
      use(() =>
        store.setMany(
          entries.map(({ key, value }): [string, Uint8Array] => [key, value]),
          ttl ?? null,
        ),
      ),
    deleteMany: (keys) => use(() => store.deleteMany([...keys])),
    increment: (key, delta, { fence } = {}) => use(() => BigInt(store.increment(key, delta, fence ?? null))),
    compareAndSwap: (key, expected, value, { ttl, fence } = {}) =>
      use(() => {
        const found = store.compareAndSwap(key, expected ?? null, value, {
          ttlMs: ttl ?? null,
          fence: fence ?? null,
        });
        if (found.tag === 'swapped') return { swapped: true, version: found.val };
        return { swapped: false, ...(found.val !== null && { current: found.val }) };
      }),
    watch(target) {
      const watch = use(() =>
        store.watch(
          'key' in target ? { tag: 'key', val: target.key } : { tag: 'prefix', val: target.prefix },
        ),
      );
      return {
        next: () =>
          use(() => {
            const { changes, resync } = watch.next(0);
            const told = changes.map(({ key, kind, version }) => ({
              key,
              change: kind,
              ...(version !== null && { version }),
            }));
            return { changes: told, resync };
          }),
        close: () => undefined,
      };
    },
    ping: () => use(() => undefined),
    close() {
      closed = true;
    },
  };
}
