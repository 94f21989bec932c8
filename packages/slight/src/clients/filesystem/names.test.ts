import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreignName, keyOfName, nameOfKey } from './names.ts';

const nothingKept = () => undefined;

/** What some file systems take for one name: without case, and with letters and accents composed. */
function fold(name: string): string {
  return name.normalize('NFC').toLowerCase().toUpperCase();
}

const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }),
  fc.string({
    minLength: 1,
    maxLength: 5,
    unit: fc.constantFrom('.', '/', '%', '~', '4', '1', 'a', 'A', '\0'),
  }),
  fc.constantFrom(
    '.',
    '..',
    '...',
    '../..',
    '.meta',
    '.lock',
    'con',
    'con.txt',
    'CON',
    'lpt1',
    'Ä',
    'A\u0308',
  ),
  fc.string({ minLength: 190, maxLength: 300, unit: fc.constantFrom('a', 'b', 'A') }),
);

void test('plain keys are their own names, and others are spelled', () => {
  const names = {
    a: 'a',
    'order-17_b.json': 'order-17_b.json',
    A: '%41',
    é: '%C3%A9',
    'a/b': 'a%2Fb',
    '.': '%2E',
    '..': '%2E%2E',
    '.meta': '%2Emeta',
    'a.': 'a%2E',
    '100%': '100%25',
    '~': '%7E',
    con: '%63on',
    'nul.txt': '%6Eul.txt',
    console: 'console',
  };
  for (const [key, name] of Object.entries(names)) assert.equal(nameOfKey(key), name);
});

void test('a name gives its key back', () => {
  fc.assert(
    fc.property(key, (key) => {
      assert.equal(
        keyOfName(nameOfKey(key), () => key),
        key,
      );
    }),
    { numRuns: 2_000 },
  );
});

void test('no two keys share a name, whatever the file system takes for one', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      fc.pre(a !== b);
      assert.notEqual(fold(nameOfKey(a)), fold(nameOfKey(b)));
    }),
    { numRuns: 5_000 },
  );
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(key, (key) => {
      const name = fold(nameOfKey(key));
      assert.equal(seen.get(name) ?? key, key);
      seen.set(name, key);
    }),
    { numRuns: 5_000 },
  );
});

void test('every name is a single visible one that every file system takes', () => {
  fc.assert(
    fc.property(key, (key) => {
      const name = nameOfKey(key);
      assert.match(name, /^[a-z0-9_%-][a-zA-F0-9_.%~-]*$/);
      assert.doesNotMatch(name, /\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
      assert.ok(name.length <= 200);
    }),
    { numRuns: 2_000 },
  );
});

void test('another program’s name stands for one key, and that key is found under it', () => {
  const foreign = fc.oneof(
    key,
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).map((text) => `${text}%41`),
  );
  fc.assert(
    fc.property(foreign, (name) => {
      fc.pre(!/[/\0]/.test(name) && Buffer.byteLength(name) <= 255);
      const key = keyOfName(name, nothingKept);
      if (key === undefined) return assert.match(name, /^\.|\ufffd|~[0-9a-f]{64}$/);
      assert.ok(nameOfKey(key) === name || foreignName(key) === name);
    }),
    { numRuns: 5_000 },
  );
  assert.equal(foreignName('plain'), undefined);
  assert.equal(foreignName('Key 1'), 'Key 1');
  // This file is that of the key "A".
  assert.equal(foreignName('%41'), undefined);
  assert.equal(keyOfName('%41', nothingKept), 'A');
  assert.equal(keyOfName('%4a', nothingKept), '%4a');
  assert.equal(foreignName('a/b'), undefined);
  assert.equal(foreignName('.hidden'), undefined);
});

void test('the key of a hashed name is believed only where the hash is its', () => {
  const long = 'Long '.repeat(100);
  const name = nameOfKey(long);
  assert.match(name, /^%4Cong%20.*~[0-9a-f]{64}$/);
  assert.equal(
    keyOfName(name, () => long),
    long,
  );
  assert.equal(
    keyOfName(name, () => 'another'),
    undefined,
  );
  assert.equal(keyOfName(name, nothingKept), undefined);
});
