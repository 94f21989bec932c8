import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLines } from './lines.ts';

const encoder = new TextEncoder();

function collect(longest?: number) {
  const lines: string[] = [];
  return { lines, splitter: splitLines((line) => lines.push(line), longest) };
}

test('lines come out when their newline comes, the last one at the end', () => {
  const { lines, splitter } = collect();
  splitter.write(encoder.encode('one\ntw'));
  assert.deepEqual(lines, ['one']);
  splitter.write(encoder.encode('o\r\n\nthree'));
  assert.deepEqual(lines, ['one', 'two', '']);
  splitter.end();
  assert.deepEqual(lines, ['one', 'two', '', 'three']);
  splitter.end();
  assert.equal(lines.length, 4);
});

test('a newline and its carriage return may come apart', () => {
  const { lines, splitter } = collect();
  splitter.write(encoder.encode('one\r'));
  splitter.write(encoder.encode('\ntwo\rthree\n'));
  assert.deepEqual(lines, ['one', 'two\rthree']);
});

test('a character split between writes is put together', () => {
  const { lines, splitter } = collect();
  for (const byte of encoder.encode('größe 漢 🦎\n')) splitter.write(Uint8Array.of(byte));
  assert.deepEqual(lines, ['größe 漢 🦎']);
});

test('bytes that are no UTF-8 are replaced, also a half character at the end', () => {
  const { lines, splitter } = collect();
  splitter.write(Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0x63, 0xe6, 0xbc));
  splitter.end();
  assert.deepEqual(lines, ['a\ufffdb', 'c\ufffd']);
});

test('a line that never ends is cut and not kept', () => {
  const { lines, splitter } = collect(4);
  splitter.write(encoder.encode('abcdefghij'));
  assert.deepEqual(lines, ['abcd', 'efgh']);
  splitter.write(encoder.encode('kl\nmnop\nqrstu\n'));
  assert.deepEqual(lines, ['abcd', 'efgh', 'ijkl', 'mnop', 'qrst', 'u']);
});

test('a cut never parts the two halves of one character', () => {
  const { lines, splitter } = collect(4);
  splitter.write(encoder.encode('abc🦎def\n'));
  assert.deepEqual(lines, ['abc', '🦎de', 'f']);
});
