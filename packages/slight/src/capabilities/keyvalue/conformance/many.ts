import assert from 'node:assert/strict';
import type { KeyValue } from '../contract.ts';
import { assertFails, bytes, eventually, readText, type CheckDefinition } from './check.ts';

async function readMany(store: KeyValue, keys: readonly string[]): Promise<(string | undefined)[]> {
  const values = await store.getMany(keys);
  return values.map((value) => value && new TextDecoder().decode(value));
}

const entry = (key: string, text: string) => ({ key, value: bytes(text) });
const odd = ['a', 'A', 'a/b', '..', '{x}', '%41', '\0', '🌍', 'k'.repeat(1_024)];

export const manyChecks: readonly CheckDefinition[] = [
  {
    name: 'many values are written at once, and read in the order of their keys',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.setMany(odd.map((key) => entry(key, `of ${key}`)));
      const other = await open();
      for (const key of odd) assert.equal(await readText(other, key), `of ${key}`);
      const backwards = odd.toReversed();
      assert.deepEqual(
        await readMany(store, backwards),
        backwards.map((key) => `of ${key}`),
      );
      await store.set('empty', bytes(''));
      assert.deepEqual(await readMany(store, ['b', 'a', 'missing', 'empty', 'a']), [
        undefined,
        'of a',
        undefined,
        '',
        'of a',
      ]);
    },
  },
  {
    name: 'what is written at once overwrites, in its order, and touches nothing else',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.set('a', bytes('old'));
      await store.set('c', bytes('stays'));
      await (await open('other')).set('a', bytes('other'));
      await store.setMany([entry('a', '1'), entry('b', '2'), entry('a', '3')]);
      assert.deepEqual(await readMany(store, ['a', 'b', 'c']), ['3', '2', 'stays']);
      assert.equal(await readText(await open('other'), 'a'), 'other');
    },
  },
  {
    name: 'many keys are deleted at once, missing ones too',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.setMany(['a', 'b', 'c', 'd'].map((key) => entry(key, key)));
      await store.deleteMany(['a', 'missing', 'c', 'a']);
      assert.deepEqual(await readMany(store, ['a', 'b', 'c', 'd']), [undefined, 'b', undefined, 'd']);
      assert.equal(await store.exists('a'), false);
    },
  },
  {
    name: 'none at once is none',
    needs: [],
    async run({ open }) {
      const store = await open();
      assert.deepEqual(await store.getMany([]), []);
      await store.setMany([]);
      await store.deleteMany([]);
    },
  },
  {
    name: 'a hundred keys at once are taken, and no more',
    needs: [],
    async run({ open }) {
      const store = await open();
      const keys = Array.from({ length: 101 }, (_, i) => `key ${i}`);
      const most = keys.slice(1);
      await assertFails('invalid-argument', 'get-many', () => store.getMany(keys));
      await assertFails('invalid-argument', 'set-many', () =>
        store.setMany(keys.map((key) => entry(key, key))),
      );
      await assertFails('invalid-argument', 'delete-many', () => store.deleteMany(keys));
      await store.setMany(most.map((key) => entry(key, key)));
      assert.deepEqual(await readMany(store, most), most);
      await store.deleteMany(most);
      assert.ok((await store.getMany(most)).every((value) => value === undefined));
    },
  },
  {
    name: 'where one key cannot be, nothing happens to the others',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.set('kept', bytes('1'));
      for (const broken of ['', 'k'.repeat(1_025), '\ud800']) {
        await assertFails('invalid-argument', 'get-many', () => store.getMany(['kept', broken]));
        await assertFails('invalid-argument', 'set-many', () =>
          store.setMany([entry('kept', '2'), entry(broken, '2')]),
        );
        await assertFails('invalid-argument', 'delete-many', () => store.deleteMany(['kept', broken]));
      }
      assert.equal(await readText(store, 'kept'), '1');
    },
  },
  {
    name: 'values at once have up to 25 MiB together',
    needs: [],
    async run({ open, largest }) {
      const store = await open();
      const value = new Uint8Array(Math.min(largest, 13 * 1024 * 1024));
      const keys = Array.from({ length: Math.ceil((26 * 1024 * 1024) / value.byteLength) }, (_, i) => `${i}`);
      await assertFails('invalid-argument', 'set-many', () =>
        store.setMany(keys.map((key) => ({ key, value }))),
      );
      assert.deepEqual(
        await readMany(store, keys),
        keys.map(() => undefined),
      );
      for (const key of keys) await store.set(key, value);
      await assertFails('resource-exhausted', 'get-many', () => store.getMany(keys));
      assert.equal((await store.getMany(['0']))[0]?.byteLength, value.byteLength);
    },
  },
  {
    name: 'values that are written at once may expire, or lose an earlier expiry',
    needs: ['ttl'],
    async run({ open }) {
      const store = await open();
      await store.set('b', bytes('0'), { ttl: 100 });
      await store.setMany([entry('b', '1')]);
      await store.setMany([entry('a', '1'), entry('c', '1')], { ttl: 100 });
      await eventually('they go', async () => {
        const [a, b, c] = await readMany(store, ['a', 'b', 'c']);
        assert.equal(b, '1');
        return a === undefined && c === undefined;
      });
      await assertFails('invalid-argument', 'a ttl of 0', () => store.setMany([entry('a', '1')], { ttl: 0 }));
    },
  },
  {
    name: 'what is written at once has new versions',
    needs: ['compare-and-swap'],
    async run({ open }) {
      const store = await open();
      const seen = new Set<string | undefined>();
      for (let i = 0; i < 3; i++) {
        await store.setMany([entry('a', 'same'), entry('b', 'same')]);
        seen.add((await store.getVersioned('a'))?.version);
        await store.deleteMany(['a']);
      }
      assert.equal(seen.size, 3);
      assert.ok(!seen.has(undefined));
    },
  },
];
