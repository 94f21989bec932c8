import assert from 'node:assert/strict';
import type { Change, KeyValue, KeyValueFeature, KeyValueWatch } from '../contract.ts';
import { assertFails, bytes, eventually, type CheckDefinition } from './check.ts';

type Told = Map<string, Change>;

/** Asks until it holds what was told, of each key the latest. Nothing may be lost meanwhile. */
async function follow(watch: KeyValueWatch, what: string, until: (told: Told) => boolean): Promise<Told> {
  const told: Told = new Map();
  await eventually(what, async () => {
    const { changes, resync } = await watch.next(200);
    assert.equal(resync, false, `${what}: changes were lost`);
    for (const change of changes) told.set(change.key, change);
    return until(told);
  });
  return told;
}

const isTold =
  (key: string, change: Change['change']) =>
  (told: Told): boolean =>
    told.get(key)?.change === change;

/** The key is told as set, with the version that stands, and its value is there by then. */
async function hearSet(
  store: KeyValue,
  watch: KeyValueWatch,
  key: string,
  features: ReadonlySet<KeyValueFeature>,
) {
  const told = await follow(watch, `a set of ${key} is told`, isTold(key, 'set'));
  if (!features.has('compare-and-swap')) return;
  assert.equal(told.get(key)?.version, (await store.getVersioned(key))?.version, `the version of ${key}`);
}

const needs = ['watch'] as const;

export const watchChecks: readonly CheckDefinition[] = [
  {
    name: 'a set is told to who watches its key, and to who watches a prefix of it',
    needs,
    async run({ open, features }) {
      const store = await open();
      const other = await open();
      const targets = [{ key: 'a/b' }, { prefix: 'a/' }, { prefix: 'a/b' }, { prefix: '' }];
      const watches = await Promise.all(targets.map((target) => store.watch(target)));
      await other.set('a/b', bytes('1'));
      for (const watch of watches) await hearSet(store, watch, 'a/b', features);
      await store.set('a/b', bytes('1'));
      for (const watch of watches) await hearSet(store, watch, 'a/b', features);
      for (const watch of watches) watch.close();
    },
  },
  {
    name: 'a delete is told',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'));
      const watches = [await store.watch({ key: 'key' }), await store.watch({ prefix: 'k' })];
      await (await open()).delete('key');
      for (const watch of watches) {
        await follow(watch, 'a delete is told', isTold('key', 'delete'));
        watch.close();
      }
    },
  },
  {
    name: 'every way to write is told',
    needs,
    async run({ open, features }) {
      const store = await open();
      await store.set('gone', bytes('1'));
      const watch = await store.watch({ prefix: '' });
      await store.setMany([
        { key: 'many 1', value: bytes('1') },
        { key: 'many 2', value: bytes('2') },
      ]);
      if (features.has('increment')) await store.increment('count', 1n);
      if (features.has('compare-and-swap')) await store.compareAndSwap('swap', undefined, bytes('1'));
      if (features.has('fence'))
        await store.set('fenced', bytes('1'), { fence: { lock: 'lock', token: '1' } });
      await store.deleteMany(['gone']);
      const written = [
        'many 1',
        'many 2',
        ...(features.has('increment') ? ['count'] : []),
        ...(features.has('compare-and-swap') ? ['swap'] : []),
        ...(features.has('fence') ? ['fenced'] : []),
      ];
      await follow(
        watch,
        'all of it is told',
        (told) => written.every((key) => isTold(key, 'set')(told)) && isTold('gone', 'delete')(told),
      );
      watch.close();
    },
  },
  {
    name: 'other keys and other stores are not told',
    needs,
    async run({ open }) {
      const store = await open();
      const byKey = await store.watch({ key: 'a*' });
      const byPrefix = await store.watch({ prefix: 'a[b]' });
      for (const key of ['a', 'ab', 'a*b', 'A*', 'b', 'a[b', 'aB']) await store.set(key, bytes('1'));
      for (const key of ['a*', 'a[b]', 'a[b]c']) await (await open('other')).set(key, bytes('1'));
      await store.set('a[b]c', bytes('1'));
      await store.set('a*', bytes('1'));
      const told = [
        await follow(byKey, 'the key is told', isTold('a*', 'set')),
        await follow(byPrefix, 'the prefix is told', isTold('a[b]c', 'set')),
      ];
      assert.deepEqual(
        told.map((keys) => [...keys.keys()]),
        [['a*'], ['a[b]c']],
      );
      byKey.close();
      byPrefix.close();
    },
  },
  {
    name: 'what happened before a watch began is not told, and a change once',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('before', bytes('1'));
      await store.set('gone', bytes('1'));
      await store.delete('gone');
      const watch = await store.watch({ prefix: '' });
      assert.deepEqual(await watch.next(0), { changes: [], resync: false });
      await store.set('after', bytes('1'));
      const told = await follow(watch, 'the change is told', isTold('after', 'set'));
      assert.deepEqual([...told.keys()], ['after']);
      assert.deepEqual(await watch.next(100), { changes: [], resync: false });
      watch.close();
    },
  },
  {
    name: 'of several changes of a key the last is told at last',
    needs,
    async run({ open, features }) {
      const store = await open();
      // What comes and goes between two looks need not be told; what was there and goes must be.
      await store.set('gone', bytes('before'));
      const watch = await store.watch({ prefix: '' });
      for (let i = 0; i < 5; i++) {
        await store.set('gone', bytes(String(i)));
        await store.delete('back');
        await store.set('back', bytes(String(i)));
        await store.delete('gone');
      }
      await store.set('end', bytes('1'));
      const told = await follow(
        watch,
        'the last is told',
        (found) => isTold('gone', 'delete')(found) && isTold('back', 'set')(found) && found.has('end'),
      );
      if (features.has('compare-and-swap'))
        assert.equal(told.get('back')?.version, (await store.getVersioned('back'))?.version);
      assert.deepEqual((await watch.next(100)).changes, []);
      watch.close();
    },
  },
  {
    name: 'each watch hears of a change',
    needs,
    async run({ open }) {
      const store = await open();
      const watches = [await store.watch({ key: 'key' }), await store.watch({ key: 'key' })];
      await store.set('key', bytes('1'));
      await follow(watches[0]!, 'the first hears', isTold('key', 'set'));
      watches[0]!.close();
      await follow(watches[1]!, 'the second hears', isTold('key', 'set'));
      await store.delete('key');
      await follow(watches[1]!, 'the second goes on', isTold('key', 'delete'));
      watches[1]!.close();
    },
  },
  {
    name: 'a watch tells of many keys, or that it lost some',
    needs,
    async run({ open }) {
      const store = await open();
      const watch = await store.watch({ prefix: '' });
      const keys = Array.from({ length: 150 }, (_, i) => `key ${i}`);
      for (const from of [0, 100])
        await store.setMany(keys.slice(from, from + 100).map((key) => ({ key, value: bytes(key) })));
      const told: Told = new Map();
      await eventually('all are told', async () => {
        const { changes, resync } = await watch.next(200);
        assert.ok(changes.length <= 100, 'an answer is bounded');
        for (const change of changes) told.set(change.key, change);
        return resync || keys.every((key) => isTold(key, 'set')(told));
      });
      watch.close();
    },
  },
  {
    name: 'an expiry is told as a deletion',
    needs: ['watch', 'ttl'],
    async run({ open }) {
      const store = await open();
      const watch = await store.watch({ key: 'key' });
      await store.set('key', bytes('1'), { ttl: 50 });
      await follow(watch, 'the expiry is told', isTold('key', 'delete'));
      watch.close();
    },
  },
  {
    name: 'a change ends a wait',
    needs,
    async run({ open }) {
      const store = await open();
      const watch = await store.watch({ key: 'key' });
      const waiting = watch.next(60_000);
      await (await open()).set('key', bytes('1'));
      assert.deepEqual(
        (await waiting).changes.map(({ key, change }) => [key, change]),
        [['key', 'set']],
      );
      assert.deepEqual(await watch.next(1), { changes: [], resync: false });
      watch.close();
    },
  },
  {
    name: 'to close a watch ends its wait, and what follows is cancelled',
    needs,
    async run({ open }) {
      const watch = await (await open()).watch({ key: 'key' });
      const waiting = watch.next(60_000);
      watch.close();
      watch.close();
      assert.deepEqual(await waiting, { changes: [], resync: false });
      await assertFails('cancelled', 'next', () => watch.next(0));
    },
  },
  {
    name: 'a watch or a wait that cannot be is invalid-argument',
    needs,
    async run({ open }) {
      const store = await open();
      for (const target of [
        { key: '' },
        { key: 'k'.repeat(1_025) },
        { key: '\ud800' },
        { prefix: 'k'.repeat(1_025) },
        { prefix: '\ud800' },
      ])
        await assertFails('invalid-argument', JSON.stringify(target), () => store.watch(target));
      const watch = await store.watch({ prefix: '' });
      for (const wait of [-1, Number.NaN])
        await assertFails('invalid-argument', String(wait), () => watch.next(wait));
      watch.close();
    },
  },
];
