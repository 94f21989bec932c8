import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeCipher } from './cipher.ts';

const key = randomBytes(32);
const cipher = makeCipher(key, 'one');

void test('what was written is read, for every text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, value) => {
      assert.deepEqual(cipher.unseal(name, cipher.seal(name, value)), { value });
    }),
  );
});

void test('an entry shows nothing of its value, not even that it is the same as another', () => {
  const entries = ['same value', 'same value'].map((value) => cipher.seal('A', value));
  assert.notEqual(entries[0], entries[1]);
  for (const entry of entries)
    for (const form of ['base64', 'base64url', 'hex'] as const)
      assert.ok(!entry.includes(Buffer.from('same value').toString(form)));
});

void test('an entry that was changed in any byte gives no value', () => {
  const entry = cipher.seal('A', 'value');
  const parts = entry.split('.');
  for (const [index, part] of parts.entries()) {
    const bytes = Buffer.from(part, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes);
      other[at]! ^= 1;
      const changed = parts.with(index, other.toString('base64url')).join('.');
      assert.equal(cipher.unseal('A', changed), index === 1 ? 'moved' : 'changed');
    }
  }
  const cut = [
    entry.slice(0, -4),
    `${entry}.AAAA`,
    entry.replace('v1', 'v2'),
    parts.slice(0, 4).join('.'),
    '',
  ];
  for (const changed of cut) assert.equal(cipher.unseal('A', changed), 'changed', changed);
});

void test('an entry is read under its name and in its file only, whatever its mark says', () => {
  const entry = cipher.seal('A', 'value');
  assert.equal(cipher.unseal('B', entry), 'moved');
  assert.equal(makeCipher(key, 'other').unseal('A', entry), 'moved');
  // The mark of another entry does not help.
  const [version, , ...rest] = entry.split('.');
  const [, mark] = cipher.seal('B', 'other').split('.');
  assert.equal(cipher.unseal('B', [version, mark, ...rest].join('.')), 'changed');
});

void test('another key is told by its check', () => {
  assert.equal(cipher.check, makeCipher(key, 'one').check);
  for (const other of [makeCipher(randomBytes(32), 'one'), makeCipher(key, 'two')])
    assert.notEqual(other.check, cipher.check);
});
