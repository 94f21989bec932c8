import assert from 'node:assert/strict';
import type { KeyValue } from '../contract.ts';
import { longestKey } from '../validate.ts';
import { assertFails, bytes, listSorted, readText, type CheckDefinition } from './check.ts';

/** Keys that some store somewhere mistook for something else. No two are the same. */
export const weirdKeys: readonly string[] = [
  ...Array.from({ length: 0x80 }, (_, i) => `ascii ${String.fromCharCode(i)} end`),
  ...Array.from({ length: 0x80 }, (_, i) => String.fromCharCode(i)),
  '..',
  '../',
  '../../etc/passwd',
  './a',
  '/a//b/',
  'a\\b',
  '||',
  'a||b',
  '*?[]',
  'a*',
  '[a-z]',
  'h\\*llo',
  '{tag}rest',
  '{}rest',
  'un}balanced{',
  '{{nested}}',
  ' leading',
  'leading',
  'trailing ',
  'trailing',
  'zero\0one',
  'zero\0two',
  'zero',
  '  ',
  "it's",
  '"quoted"',
  '`;DROP TABLE entries;--',
  '100%',
  '%41',
  'CON',
  'key:with:colons',
  ':version',
  'key:version',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  'ß',
  'SS',
  'straße/世界/🌍',
  '\ud83d\ude00',
  '\ufffd',
  '\ufeffbom',
  '\u202ertl',
  'x'.repeat(longestKey),
  `${'x'.repeat(longestKey - 1)}y`,
  '世'.repeat(341),
];

async function assertKeyRefused(store: KeyValue, key: string, what: string): Promise<void> {
  const value = bytes('v');
  await assertFails('invalid-argument', `get of ${what}`, () => store.get(key));
  await assertFails('invalid-argument', `set of ${what}`, () => store.set(key, value));
  await assertFails('invalid-argument', `delete of ${what}`, () => store.delete(key));
  await assertFails('invalid-argument', `exists of ${what}`, () => store.exists(key));
}

export const keyChecks: readonly CheckDefinition[] = [
  {
    name: 'any text is a key, and no two keys are mistaken for one another',
    needs: [],
    async run({ open }) {
      const store = await open();
      for (const [i, key] of weirdKeys.entries()) await store.set(key, bytes(`value ${i}`));
      for (const [i, key] of weirdKeys.entries()) {
        assert.equal(await readText(store, key), `value ${i}`, JSON.stringify(key.slice(0, 40)));
        assert.equal(await store.exists(key), true);
      }
      for (const key of weirdKeys.filter((_, i) => i % 2 === 0)) await store.delete(key);
      for (const [i, key] of weirdKeys.entries()) assert.equal(await store.exists(key), i % 2 === 1);
    },
  },
  {
    name: 'any text is listed as it was written',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      for (const key of weirdKeys) await store.set(key, bytes('v'));
      assert.deepEqual(await listSorted(store), weirdKeys.toSorted());
      for (const key of weirdKeys) {
        assert.ok((await listSorted(store, { prefix: key })).includes(key), JSON.stringify(key.slice(0, 40)));
      }
    },
  },
  {
    name: 'any text is a key for a counter and for compare-and-swap',
    needs: ['increment', 'compare-and-swap'],
    async run({ open }) {
      const store = await open();
      for (const key of weirdKeys) {
        assert.equal(await store.increment(key, 7n), 7n);
        const before = await store.getVersioned(key);
        assert.equal((await store.compareAndSwap(key, before?.version, bytes('8'))).swapped, true);
      }
      for (const key of weirdKeys) assert.equal(await readText(store, key), '8');
    },
  },
  {
    name: 'an empty key is invalid-argument',
    needs: [],
    async run({ open }) {
      await assertKeyRefused(await open(), '', 'an empty key');
    },
  },
  {
    name: 'a key above 1,024 bytes is invalid-argument',
    needs: [],
    async run({ open }) {
      const store = await open();
      await assertKeyRefused(store, 'x'.repeat(longestKey + 1), 'a long key');
      await assertKeyRefused(store, '世'.repeat(342), 'a key that is long in UTF-8');
    },
  },
  {
    name: 'a key that is no text is invalid-argument',
    needs: [],
    async run({ open }) {
      const store = await open();
      await assertKeyRefused(store, 'half \ud83d', 'half a surrogate pair');
      await assertKeyRefused(store, '\ude00', 'the other half');
    },
  },
];
