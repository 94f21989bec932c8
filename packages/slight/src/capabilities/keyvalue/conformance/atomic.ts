import assert from 'node:assert/strict';
import { assertFails, bytes, readText, type CheckDefinition } from './check.ts';

const greatest = 2n ** 63n - 1n;
const least = -(2n ** 63n);

/** How a race ended for one of its runners: it wrote, or the key was there already. Anything else is no answer. */
async function tryCreate(create: () => unknown): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    await assertFails('already-exists', 'a lost race', () => Promise.reject(error));
    return false;
  }
}

export const atomicChecks: readonly CheckDefinition[] = [
  {
    name: 'only-if-absent writes where nothing is, and else answers already-exists',
    needs: ['only-if-absent'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('1'), { onlyIfAbsent: true });
      await assertFails('already-exists', 'set', () => store.set('key', bytes('2'), { onlyIfAbsent: true }));
      assert.equal(await readText(store, 'key'), '1');
      await store.set('empty', bytes(''));
      await assertFails('already-exists', 'set', () =>
        store.set('empty', bytes('2'), { onlyIfAbsent: true }),
      );
      await store.delete('key');
      await store.set('key', bytes('3'), { onlyIfAbsent: true });
      await store.set('key', bytes('4'), { onlyIfAbsent: false });
      assert.equal(await readText(store, 'key'), '4');
    },
  },
  {
    name: 'of many that create one key at once, one does',
    needs: ['only-if-absent'],
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      for (let round = 0; round < 5; round++) {
        const runners = Array.from({ length: 24 }, (_, i) => i);
        const won = await Promise.all(
          runners.map((i) =>
            tryCreate(() => stores[i % 3]!.set(`key ${round}`, bytes(String(i)), { onlyIfAbsent: true })),
          ),
        );
        assert.equal(won.filter(Boolean).length, 1);
        assert.equal(await readText(stores[0]!, `key ${round}`), String(won.indexOf(true)));
      }
    },
  },
  {
    name: 'a counter starts at zero, goes both ways and is decimal text',
    needs: ['increment'],
    async run({ open }) {
      const store = await open();
      assert.equal(await store.increment('count', 5n), 5n);
      assert.equal(await readText(store, 'count'), '5');
      assert.equal(await store.increment('count', -12n), -7n);
      assert.equal(await readText(store, 'count'), '-7');
      assert.equal(await store.increment('count', 7n), 0n);
      assert.equal(await readText(store, 'count'), '0');
      assert.equal(await store.increment('zero', 0n), 0n);
      assert.equal(await readText(store, 'zero'), '0');
    },
  },
  {
    name: 'decimal text that was set can be added to',
    needs: ['increment'],
    async run({ open }) {
      const store = await open();
      for (const [text, sum] of [
        ['5', 6n],
        ['-1', 0n],
        ['0', 1n],
        ['1000000', 1_000_001n],
      ] as const) {
        await store.set('count', bytes(text));
        assert.equal(await store.increment('count', 1n), sum, text);
        assert.equal(await readText(store, 'count'), String(sum));
      }
    },
  },
  {
    name: 'a counter is exact over all 64 bits',
    needs: ['increment'],
    async run({ open }) {
      const store = await open();
      assert.equal(await store.increment('a', 2n ** 53n), 2n ** 53n);
      assert.equal(await store.increment('a', 1n), 2n ** 53n + 1n);
      assert.equal(await readText(store, 'a'), String(2n ** 53n + 1n));
      assert.equal(await store.increment('b', greatest), greatest);
      assert.equal(await store.increment('c', least), least);
      assert.equal(await readText(store, 'c'), String(least));
      assert.equal(await store.increment('c', greatest), -1n);
    },
  },
  {
    name: 'an overflow is precondition-failed and changes nothing',
    needs: ['increment'],
    async run({ open }) {
      const store = await open();
      await store.set('high', bytes(String(greatest)));
      await store.set('low', bytes(String(least)));
      await assertFails('precondition-failed', 'above', () => store.increment('high', 1n));
      await assertFails('precondition-failed', 'far above', () => store.increment('high', greatest));
      await assertFails('precondition-failed', 'below', () => store.increment('low', -1n));
      assert.equal(await readText(store, 'high'), String(greatest));
      assert.equal(await readText(store, 'low'), String(least));
      await assertFails('invalid-argument', 'a delta of 65 bits', () =>
        store.increment('new', greatest + 1n),
      );
      assert.equal(await store.exists('new'), false);
    },
  },
  {
    name: 'a value that is no decimal is invalid-argument for an increment, and stays',
    needs: ['increment'],
    async run({ open }) {
      const store = await open();
      const texts = [
        '',
        ' ',
        'abc',
        '1.5',
        '1e3',
        ' 1',
        '1 ',
        '+1',
        '01',
        '-0',
        '--1',
        '0x10',
        '1\n',
        '١',
        '1'.repeat(30),
      ];
      for (const text of [...texts, String(greatest + 1n), String(least - 1n)]) {
        await store.set('text', bytes(text));
        await assertFails('invalid-argument', JSON.stringify(text), () => store.increment('text', 1n));
        assert.equal(await readText(store, 'text'), text);
      }
    },
  },
  {
    name: 'of many increments at once, none is lost',
    needs: ['increment'],
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      const deltas = Array.from({ length: 120 }, (_, i) => BigInt(i % 7) - 1n);
      const sums = await Promise.all(
        deltas.map(async (delta, i) => stores[i % 3]!.increment('count', delta)),
      );
      const expected = deltas.reduce((sum, delta) => sum + delta, 0n);
      assert.equal(await readText(stores[0]!, 'count'), String(expected));
      assert.ok(sums.includes(expected), 'no increment answered the final sum');
    },
  },
];
