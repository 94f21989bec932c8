import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slotOf } from '../../../clients/redis-slot.ts';
import { locate, matchPrefix, storePrefix } from './redis-keys.ts';

/** The slot as the specification of the cluster says it, with the braces. */
function clusterSlot(key: string): number {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return slotOf(open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key);
}

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('{', '}', ':', '%', 'a', '*'), fc.string({ unit: 'grapheme' })),
});

void test('slots are those of Redis', () => {
  // The check value of this CRC, and what `CLUSTER KEYSLOT` of Redis 7.0 answers.
  assert.equal(slotOf('123456789'), 0x31c3);
  assert.equal(slotOf('foo'), 12_182);
  assert.equal(slotOf('bar'), 5_061);
  assert.equal(slotOf('somekey'), 11_058);
});

void test('a value, its version and its fences are in one slot, and under three keys', () => {
  fc.assert(
    fc.property(anyText, anyText, (name, key) => {
      const { value, version, fences } = locate(storePrefix(`n${name}`), key);
      assert.equal(clusterSlot(version), clusterSlot(value));
      assert.equal(clusterSlot(fences), clusterSlot(value));
      assert.equal(new Set([value, version, fences]).size, 3);
    }),
  );
});

void test('no two keys, and no two stores, meet', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, anyText, (name, key, otherName, otherKey) => {
      fc.pre(name !== otherName || key !== otherKey);
      const one = locate(storePrefix(`n${name}`), key);
      const other = locate(storePrefix(`n${otherName}`), otherKey);
      assert.equal(new Set([...Object.values(one), ...Object.values(other)]).size, 6);
    }),
  );
});

void test('a name of plain letters and a key stay readable', () => {
  assert.deepEqual(locate(storePrefix('orders'), 'a/b:c'), {
    value: 'orders:a/b:c',
    version: '{orders:a/b:c}:version',
    fences: '{orders:a/b:c}:fences',
  });
});

void test('wildcards in a prefix are escaped', () => {
  assert.equal(matchPrefix('a*?[b]\\c'), 'a\\*\\?\\[b\\]\\\\c*');
});
