import assert from 'node:assert/strict';
import type { KeyValue } from '../contract.ts';
import { assertBytes, bytes, eventually, readText, type CheckDefinition } from './check.ts';

async function versionOf(store: KeyValue, key: string): Promise<string> {
  const found = await store.getVersioned(key);
  assert.ok(found !== undefined, `${key} has no value`);
  assert.ok(found.version !== '', 'a version is empty');
  return found.version;
}

/** A swap that must find another version, and change nothing. */
async function assertStale(
  store: KeyValue,
  key: string,
  expected: string | undefined,
  what: string,
): Promise<void> {
  const before = await store.getVersioned(key);
  const result = await store.compareAndSwap(key, expected, bytes('must not be written'));
  assert.equal(result.swapped, false, what);
  assert.ok(!result.swapped);
  assert.equal(result.current?.version, before?.version, `${what}: the version that it gives`);
  if (before === undefined) assert.equal(result.current, undefined, `${what}: nothing is there`);
  else assertBytes(result.current?.value, before.value, `${what}: the value that it gives`);
  const after = await store.getVersioned(key);
  assert.equal(after?.version, before?.version, `${what}: the version afterwards`);
  if (before !== undefined) assertBytes(after?.value, before.value, `${what}: the value afterwards`);
}

export const versionChecks: readonly CheckDefinition[] = [
  {
    name: 'a value comes with a version that reading does not change',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      assert.equal(await store.getVersioned('key'), undefined);
      await store.set('key', bytes('1'));
      const version = await versionOf(store, 'key');
      assertBytes((await store.getVersioned('key'))?.value, bytes('1'), 'the value beside the version');
      await store.get('key');
      await store.exists('key');
      await store.set('other', bytes('1'));
      assert.equal(await versionOf(await open(), 'key'), version);
    },
  },
  {
    name: 'a swap with the version that stands writes once',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'));
      const version = await versionOf(store, 'key');
      const result = await store.compareAndSwap('key', version, bytes('2'));
      assert.ok(result.swapped, 'an uncontended swap did not write');
      assert.equal(await readText(store, 'key'), '2');
      assert.notEqual(result.version, version);
      assert.equal(await versionOf(store, 'key'), result.version, 'the version that the swap gave');
      await assertStale(store, 'key', version, 'the same version again');
      assert.ok((await store.compareAndSwap('key', result.version, bytes('3'))).swapped);
    },
  },
  {
    name: 'a swap with another version writes nothing and gives what stands',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'));
      const old = await versionOf(store, 'key');
      await store.set('key', bytes('2'));
      await assertStale(store, 'key', old, 'an old version');
      for (const made of ['', '0', '1', 'nonsense', 'null', '\0']) {
        await assertStale(store, 'key', made, `the made-up version ${JSON.stringify(made)}`);
        await assertStale(
          store,
          'missing',
          made,
          `the made-up version ${JSON.stringify(made)} of a missing key`,
        );
      }
      await store.delete('key');
      await assertStale(store, 'key', old, 'the version of a deleted value');
    },
  },
  {
    name: 'a swap that expects nothing creates, and only creates',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      const created = await store.compareAndSwap('key', undefined, bytes('1'));
      assert.ok(created.swapped);
      assert.equal(await versionOf(store, 'key'), created.version);
      await assertStale(store, 'key', undefined, 'creating it again');
      await store.set('empty', bytes(''));
      await assertStale(store, 'empty', undefined, 'creating over an empty value');
    },
  },
  {
    name: 'every set gives a new version, also with the same bytes',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      const seen = new Set<string>();
      for (let i = 0; i < 5; i++) {
        await store.set('key', bytes('same'));
        seen.add(await versionOf(store, 'key'));
      }
      assert.equal(seen.size, 5);
    },
  },
  {
    name: 'an increment gives a new version',
    needs: ['compare-and-swap', 'increment'],
    async run({ open }) {
      const store = await open();
      await store.increment('count', 1n);
      const version = await versionOf(store, 'count');
      await store.increment('count', 0n);
      await assertStale(store, 'count', version, 'a version from before an increment');
    },
  },
  {
    name: 'a value that went away and came back is another one (ABA)',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('A'));
      const version = await versionOf(store, 'key');
      await store.set('key', bytes('B'));
      await store.set('key', bytes('A'));
      await assertStale(store, 'key', version, 'A, B, A');
    },
  },
  {
    name: 'a value that was deleted and made again is another one (ABA)',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      const versions: string[] = [];
      for (let i = 0; i < 3; i++) {
        const created = await store.compareAndSwap('key', undefined, bytes('A'));
        assert.ok(created.swapped);
        for (const version of versions) await assertStale(store, 'key', version, 'made, deleted, made');
        versions.push(created.version);
        await store.delete('key');
      }
    },
  },
  {
    name: 'a value that expired and was made again is another one (ABA)',
    needs: ['compare-and-swap', 'ttl'],
    async run({ open }) {
      const store = await open();
      const created = await store.compareAndSwap('key', undefined, bytes('A'), { ttl: 50 });
      assert.ok(created.swapped);
      await eventually('it goes', async () => !(await store.exists('key')));
      await store.set('key', bytes('A'));
      await assertStale(store, 'key', created.version, 'made, expired, made');
    },
  },
  {
    name: 'of many that create one key by swapping at once, one does',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      for (let round = 0; round < 5; round++) {
        const runners = Array.from({ length: 24 }, (_, i) => i);
        const results = await Promise.all(
          runners.map(async (i) =>
            stores[i % 3]!.compareAndSwap(`key ${round}`, undefined, bytes(String(i))),
          ),
        );
        assert.equal(results.filter(({ swapped }) => swapped).length, 1);
        const winner = results.findIndex(({ swapped }) => swapped);
        assert.equal(await readText(stores[0]!, `key ${round}`), String(winner));
      }
    },
  },
  {
    name: 'of many that swap one version at once, one does',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      await stores[0]!.set('key', bytes('start'));
      for (let round = 0; round < 5; round++) {
        const version = await versionOf(stores[0]!, 'key');
        const runners = Array.from({ length: 24 }, (_, i) => i);
        const results = await Promise.all(
          runners.map(async (i) => stores[i % 3]!.compareAndSwap('key', version, bytes(`${round} ${i}`))),
        );
        assert.equal(results.filter(({ swapped }) => swapped).length, 1);
        const winner = results.findIndex(({ swapped }) => swapped);
        assert.equal(await readText(stores[0]!, 'key'), `${round} ${winner}`);
      }
    },
  },
  {
    name: 'a value that is swapped until it works loses no update',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const stores = [await open(), await open()];
      const addOne = async (store: KeyValue): Promise<void> => {
        for (let tries = 0; tries < 1_000; tries++) {
          const before = await store.getVersioned('sum');
          const sum = before === undefined ? 0 : Number(new TextDecoder().decode(before.value));
          const result = await store.compareAndSwap('sum', before?.version, bytes(String(sum + 1)));
          if (result.swapped) return;
        }
        assert.fail('a swap never worked');
      };
      await Promise.all(
        stores.flatMap((store) =>
          Array.from({ length: 4 }, async () => {
            for (let i = 0; i < 5; i++) await addOne(store);
          }),
        ),
      );
      assert.equal(await readText(stores[0]!, 'sum'), '40');
    },
  },
];
