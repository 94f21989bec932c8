import assert from 'node:assert/strict';
import { longestTtl } from '../validate.ts';
import { assertFails, bytes, eventually, listAll, readText, type CheckDefinition } from './check.ts';

const day = 24 * 60 * 60 * 1000;

export const expiryChecks: readonly CheckDefinition[] = [
  {
    name: 'a value with a ttl is there, and gone afterwards',
    needs: ['ttl'],
    async run({ open, features }) {
      const store = await open();
      await store.set('long', bytes('1'), { ttl: day });
      await store.set('longest', bytes('2'), { ttl: longestTtl });
      await store.set('fraction', bytes('3'), { ttl: 50_000.5 });
      assert.equal(await readText(store, 'long'), '1');
      assert.equal(await readText(store, 'longest'), '2');
      assert.equal(await readText(store, 'fraction'), '3');
      await store.set('short', bytes('4'), { ttl: 50 });
      await eventually('get gives none', async () => (await store.get('short')) === undefined);
      assert.equal(await store.exists('short'), false);
      if (features.has('compare-and-swap')) assert.equal(await store.getVersioned('short'), undefined);
      assert.equal(await store.exists('long'), true);
    },
  },
  {
    name: 'an expired key is not listed',
    needs: ['ttl', 'list'],
    async run({ open }) {
      const store = await open();
      await store.set('stays', bytes('1'), { ttl: day });
      await store.set('expires', bytes('2'), { ttl: 50 });
      // Nobody reads the key: the listing has to notice by itself.
      await eventually('the listing is without it', async () => {
        const keys = (await listAll(store)).flat();
        assert.ok(keys.includes('stays'));
        return !keys.includes('expires');
      });
    },
  },
  {
    name: 'a set without a ttl removes an earlier one',
    needs: ['ttl'],
    async run({ open, features }) {
      const store = await open();
      await store.set('key', bytes('1'), { ttl: 100 });
      await store.set('key', bytes('2'));
      const before = features.has('compare-and-swap') ? await store.getVersioned('key') : undefined;
      await store.set('witness', bytes('1'), { ttl: 200 });
      await eventually('the witness goes', async () => !(await store.exists('witness')));
      assert.equal(await readText(store, 'key'), '2');
      const after = features.has('compare-and-swap') ? await store.getVersioned('key') : undefined;
      assert.equal(after?.version, before?.version, 'the version went with the earlier ttl');
    },
  },
  {
    name: 'a swap without a ttl removes an earlier one',
    needs: ['ttl', 'compare-and-swap'],
    async run({ open }) {
      const store = await open();
      // On a slow machine the value may be gone before the swap; then there was no ttl to remove.
      for (let ttl = 200; ; ttl *= 2) {
        await store.set('key', bytes('1'), { ttl });
        const version = (await store.getVersioned('key'))?.version;
        if (version && (await store.compareAndSwap('key', version, bytes('2'))).swapped) break;
        assert.ok(ttl < 60_000, 'a value with a ttl is never there for a swap');
      }
      await store.set('witness', bytes('1'), { ttl: 400 });
      await eventually('the witness goes', async () => !(await store.exists('witness')));
      assert.equal(await readText(store, 'key'), '2');
    },
  },
  {
    name: 'a set with a ttl gives one to a value that had none, or a longer one',
    needs: ['ttl'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'));
      await store.set('key', bytes('2'), { ttl: 50 });
      await eventually('it goes', async () => !(await store.exists('key')));
      await store.set('longer', bytes('1'), { ttl: 50 });
      await store.set('longer', bytes('2'), { ttl: day });
      await store.set('witness', bytes('1'), { ttl: 150 });
      await eventually('the witness goes', async () => !(await store.exists('witness')));
      assert.equal(await readText(store, 'longer'), '2');
    },
  },
  {
    name: 'a ttl that is no time is invalid-argument and writes nothing',
    needs: ['ttl'],
    async run({ open }) {
      const store = await open();
      for (const ttl of [0, -1, Number.NaN, Infinity, longestTtl + 1]) {
        await assertFails('invalid-argument', `a ttl of ${ttl}`, () => store.set('key', bytes('1'), { ttl }));
      }
      assert.equal(await store.exists('key'), false);
    },
  },
  {
    name: 'an expired key is absent for only-if-absent',
    needs: ['ttl', 'only-if-absent'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'), { ttl: 50, onlyIfAbsent: true });
      await eventually('it can be written again', async () => {
        try {
          await store.set('key', bytes('2'), { onlyIfAbsent: true });
          return true;
        } catch (error) {
          await assertFails('already-exists', 'set', () => Promise.reject(error));
          return false;
        }
      });
      assert.equal(await readText(store, 'key'), '2');
    },
  },
  {
    name: 'an expired counter starts at zero',
    needs: ['ttl', 'increment'],
    async run({ open }) {
      const store = await open();
      await store.set('count', bytes('41'), { ttl: 50 });
      await eventually('it goes', async () => !(await store.exists('count')));
      assert.equal(await store.increment('count', 1n), 1n);
    },
  },
  {
    name: 'an increment keeps the expiry',
    needs: ['ttl', 'increment'],
    async run({ open, features }) {
      const store = await open();
      // On a slow machine the value may be gone before the increment; then there was nothing to keep.
      for (let ttl = 300; ; ttl *= 2) {
        await store.set('count', bytes('41'), { ttl });
        if ((await store.increment('count', 1n)) === 42n) break;
        assert.ok(ttl < 60_000, 'a value with a ttl is never there for an increment');
      }
      await eventually('it goes', async () => !(await store.exists('count')));
      if (features.has('compare-and-swap')) assert.equal(await store.getVersioned('count'), undefined);
      await store.increment('forever', 1n);
      assert.equal(await store.increment('forever', 1n), 2n);
    },
  },
  {
    name: 'an expired key is absent for compare-and-swap, which takes a ttl too',
    needs: ['ttl', 'compare-and-swap'],
    async run({ open }) {
      const store = await open();
      assert.equal((await store.compareAndSwap('key', undefined, bytes('1'), { ttl: 50 })).swapped, true);
      await eventually(
        'it can be created again',
        async () => (await store.compareAndSwap('key', undefined, bytes('2'))).swapped,
      );
      assert.equal(await readText(store, 'key'), '2');
      await assertFails('invalid-argument', 'a ttl of 0', () =>
        store.compareAndSwap('key', undefined, bytes('1'), { ttl: 0 }),
      );
    },
  },
];
