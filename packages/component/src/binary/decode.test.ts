import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../../../test/guests/wat.ts';
import { ComponentError } from '../api.ts';
import type { ComponentErrorCode } from '../api.ts';
import { compile } from '../index.ts';
import { decodeComponent, decodeNames } from './decode.ts';

/** Every kind of section, and most forms of types. */
const SAMPLE = await assemble(`(component
  (type $point (record (field "x" f32) (field "y" (option s64))))
  (type $many (variant (case "a" $point) (case "b") (case "c" (list (tuple u8 char)))))
  (import "test:a/b@1.0.0" (instance $host
    (type $kind (enum "one" "two"))
    (export "kind" (type $k (eq $kind)))
    (export "thing" (type $thing (sub resource)))
    (export "[method]thing.go" (func (param "self" (borrow $thing)) (param "k" $k) (result (result string (error u8)))))
    (export "make" (func (result (own $thing))))))
  (import "bits" (type $bits (eq $many)))
  (core module $m
    (import "h" "drop" (func (param i32)))
    (memory (export "mem") 1)
    (global $g (mut i32) (i32.const 64))
    (func (export "alloc") (param i32 i32 i32 i32) (result i32) (global.get $g))
    (func (export "run") (param i32 i32) (result i32) (i32.const 32)))
  (alias export $host "thing" (type $t))
  (core func $drop (canon resource.drop $t))
  (core instance $i (instantiate $m (with "h" (instance (export "drop" (func $drop))))))
  (type $local (resource (rep i32)))
  (func $run (param "s" string) (result string)
    (canon lift (core func $i "run") (memory (core memory $i "mem")) (realloc (core func $i "alloc")) string-encoding=utf16))
  (component $inner (import "f" (func (param "s" string) (result string))) (export "g" (func 0)))
  (instance $n (instantiate $inner (with "f" (func $run))))
  (export "run" (func $n "g"))
)`);

function refusal(bytes: Uint8Array): ComponentError {
  try {
    decodeComponent(bytes);
  } catch (error) {
    assert.ok(error instanceof ComponentError, `${String(error)} is no ComponentError`);
    return error;
  }
  return assert.fail('decoded');
}

test('the names of imports and exports are had without the rest', () => {
  assert.deepEqual(decodeNames(SAMPLE, 'export'), ['run']);
  assert.deepEqual(decodeNames(SAMPLE, 'import'), ['test:a/b@1.0.0', 'bits']);
  assert.throws(() => decodeNames(SAMPLE.subarray(0, SAMPLE.length - 3), 'export'), ComponentError);
  assert.throws(() => decodeNames(new Uint8Array([1]), 'import'), ComponentError);
});

test('a whole component is decoded, and can be planned', async () => {
  const kinds = new Set(decodeComponent(SAMPLE).definitions.map((definition) => definition.kind));
  for (const kind of [
    'core-module',
    'core-instance',
    'component',
    'instance',
    'alias',
    'type',
    'canonical',
  ]) {
    assert.ok(kinds.has(kind as never), kind);
  }
  const component = await compile(SAMPLE);
  assert.deepEqual(component.exports, [{ kind: 'func', name: 'run', async: false }]);
});

/** Where sections end, and with them shorter components. */
function sectionEnds(bytes: Uint8Array): number[] {
  const ends = [8];
  for (let at = 8; at < bytes.length; ends.push(at)) {
    let size = 0;
    let byte = 0x80;
    for (let shift = 0; byte >= 0x80; shift += 7) size |= ((byte = bytes[++at]!) & 0x7f) << shift;
    at += 1 + size;
  }
  return ends;
}

test('cut off at any byte but the end of a section, a component is refused with a ComponentError', async () => {
  const ends = new Set(sectionEnds(SAMPLE));
  for (let length = 0; length < SAMPLE.length; length++) {
    await compile(SAMPLE.slice(0, length)).then(
      () => assert.ok(ends.has(length), `at ${length}: compiled`),
      (error) => assert.ok(error instanceof ComponentError, `at ${length}: ${String(error)}`),
    );
  }
});

test('with any byte changed, a component is refused with a ComponentError or compiles', async () => {
  for (let position = 0; position < SAMPLE.length; position++) {
    for (const flip of [0x01, 0x40, 0xff]) {
      const changed = SAMPLE.slice();
      changed[position]! ^= flip;
      await compile(changed, { limits: false }).catch((error) =>
        assert.ok(error instanceof ComponentError, `at ${position}: ${String(error?.stack)}`),
      );
    }
  }
});

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

const broken: readonly (readonly [string, ComponentErrorCode, number | undefined, readonly number[]])[] = [
  ['nothing', 'not-wasm', 0, []],
  ['text', 'not-wasm', 0, [...new TextEncoder().encode('#!/bin/sh')]],
  ['half a magic number', 'not-wasm', 0, [0x00, 0x61]],
  ['only a magic number', 'malformed', 0, preamble.slice(0, 4)],
  ['a core module', 'core-module', 0, [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]],
  ['another version', 'unsupported', 4, [0x00, 0x61, 0x73, 0x6d, 0x0e, 0x00, 0x01, 0x00]],
  ['an unknown section', 'malformed', 8, [...preamble, 0x0d, 0x00]],
  ['a section longer than the file', 'malformed', 10, [...preamble, 0x07, 0x05, 0x01]],
  ['a section longer than what is in it', 'malformed', 11, [...preamble, 0x07, 0x02, 0x00, 0x00]],
  ['more definitions than bytes', 'malformed', 10, [...preamble, 0x07, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  [
    'an integer of more than 32 bits',
    'malformed',
    10,
    [...preamble, 0x07, 0x05, 0xff, 0xff, 0xff, 0xff, 0x1f],
  ],
  ['an unknown type', 'malformed', 11, [...preamble, 0x07, 0x02, 0x01, 0x00]],
  ['an empty record', 'invalid', 11, [...preamble, 0x07, 0x03, 0x01, 0x72, 0x00]],
  ['a label that is not kebab case', 'invalid', 13, [...preamble, 0x07, 0x05, 0x01, 0x6e, 0x01, 0x01, 0x5f]],
  [
    'the same label twice',
    'invalid',
    12,
    [...preamble, 0x07, 0x07, 0x01, 0x6e, 0x02, 0x01, 0x61, 0x01, 0x41],
  ],
  ['33 flags', 'invalid', 11, [...preamble, 0x07, 0x66, 0x01, 0x6e, 33, ...labels(33)]],
  ['a name that is not UTF-8', 'malformed', 11, [...preamble, 0x00, 0x02, 0x01, 0xff]],
  ['a value definition', 'unsupported', 8, [...preamble, 0x0c, 0x01, 0x00]],
];

function labels(count: number): number[] {
  return Array.from({ length: count }, (_, index) => [2, 0x61 + (index >> 4), 0x61 + (index & 15)]).flat();
}

for (const [what, code, offset, bytes] of broken) {
  test(`${what}: ${code}`, () => {
    const error = refusal(Uint8Array.from(bytes));
    assert.equal(error.code, code);
    assert.equal(error.offset, offset);
  });
}

test('components nested without end are refused', () => {
  let bytes = Uint8Array.from(preamble);
  for (let depth = 0; depth < 200; depth++) {
    const size = [0x80 | (bytes.length & 0x7f), 0x80 | ((bytes.length >> 7) & 0x7f), bytes.length >> 14];
    bytes = Uint8Array.from([...preamble, 0x04, ...size, ...bytes]);
  }
  assert.equal(refusal(bytes).code, 'unsupported');
});

test('types that double with each definition are refused before they fill the memory', async () => {
  const doubling = Array.from(
    { length: 40 },
    (_, index) => `(type $t${index + 1} (tuple $t${index} $t${index}))`,
  );
  const bytes = await assemble(`(component (type $t0 (tuple u8 u8)) ${doubling.join(' ')})`);
  await assert.rejects(compile(bytes), { code: 'unsupported', message: /more than 100000 parts/ });
});

test('instances that double with each component are refused', async () => {
  const doubling = Array.from(
    { length: 20 },
    (_, index) => `(component $c${index + 1}
      (alias outer 1 $c${index} (component $inner))
      (instance (instantiate $inner)) (instance (instantiate $inner)))`,
  );
  const bytes = await assemble(
    `(component (component $c0) ${doubling.join(' ')} (instance (instantiate $c20)))`,
  );
  await assert.rejects(compile(bytes), { code: 'unsupported', message: /component instances/ });
});

/** A component that imports a type under this name. */
function named(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const importing = [0x01, 0x00, bytes.length, ...bytes, 0x03, 0x01];
  return Uint8Array.from([...preamble, 0x0a, 0x80 | importing.length, importing.length >> 7, ...importing]);
}

const names = {
  good: [
    'a',
    'a1-b2',
    'HTTP-server',
    'wasi:io/poll@0.2.12',
    'a:b/c',
    'a:b:c/d/e@1.0.0-rc.1+x',
    'a:b/c@2',
    'a:b/c@0.3',
  ],
  bad: [
    '',
    'A-b_c',
    '1a',
    'a--b',
    'aB',
    'a:b',
    'a:b/c@',
    'a:b/c@1.0',
    'a:b/c@01.0.0',
    '[method]a',
    '[odd]a',
    'a/b',
  ],
};

for (const name of names.good) {
  test(`${JSON.stringify(name)} is a name`, () =>
    assert.equal(decodeComponent(named(name)).definitions.length, 1));
}
for (const name of names.bad) {
  test(`${JSON.stringify(name)} is no name`, () => assert.equal(refusal(named(name)).code, 'invalid'));
}

test('a long name that is none is refused at once', () => {
  const name = `a${'-1'.repeat(60)}_`;
  assert.equal(refusal(named(name)).code, 'invalid');
});

const invalid: readonly (readonly [string, RegExp, string])[] = [
  ['a type index beyond the end', /type index out of bounds/, '(component (type (list 0)))'],
  [
    'a function where a value type is needed',
    /value type is needed/,
    '(component (type (func)) (type (list 0)))',
  ],
  ['an alias out of the file', /invalid outer alias count of 7/, '(component (alias outer 7 0 (type)))'],
  [
    'an export that is not there',
    /has no export named `g`/,
    '(component (import "i" (instance $i (export "f" (func)))) (alias export $i "g" (func)))',
  ],
  [
    'a core export that is not there',
    /has no export named `g`/,
    '(component (core module $m) (core instance $i (instantiate $m)) (alias core export $i "g" (core func)))',
  ],
  [
    'a core import without an argument',
    /not given an argument/,
    '(component (core module $m (import "a" "b" (func))) (core instance (instantiate $m)))',
  ],
  [
    'a core import of another kind',
    /given a memory, not a func/,
    `(component (core module $a (memory (export "b") 1)) (core instance $a (instantiate $a))
      (core module $m (import "a" "b" (func))) (core instance (instantiate $m (with "a" (instance $a)))))`,
  ],
  [
    'a component without its argument',
    /missing import named `f`/,
    '(component (component $c (import "f" (func))) (instance (instantiate $c)))',
  ],
  [
    'an argument of another type',
    /function of another type/,
    `(component (import "g" (func (param "x" u8)))
      (component $c (import "f" (func))) (instance (instantiate $c (with "f" (func 0)))))`,
  ],
  [
    'two imports of one name',
    /import name `F` conflicts with previous name `f`/,
    '(component (import "f" (func)) (import "F" (func)))',
  ],
  [
    'text lifted without memory',
    /option `memory` is required/,
    `(component (core module $m (func (export "f") (param i32 i32))) (core instance $i (instantiate $m))
      (func (export "f") (param "s" string) (canon lift (core func $i "f"))))`,
  ],
  [
    'a resource made by another than its component',
    /another component defines/,
    '(component (import "r" (type $r (sub resource))) (core func (canon resource.new $r)))',
  ],
  [
    'a lifted function with other core parameters',
    /lowered parameter types `\[I64\]` do not match parameter types `\[I32\]`/,
    `(component (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
      (func (export "f") (param "n" u64) (canon lift (core func $i "f"))))`,
  ],
  [
    'a lifted function with another core result',
    /lowered result types `\[F32\]` do not match result types `\[\]`/,
    `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "f") (result f32) (canon lift (core func $i "f"))))`,
  ],
  [
    'a lowered function lifted as something else',
    /lowered parameter types `\[\]` do not match/,
    `(component (import "f" (func $f (param "n" u32))) (core func $f' (canon lower (func $f)))
      (func (export "f") (canon lift (core func $f'))))`,
  ],
  [
    'an allocator that is none',
    /`realloc` uses a core function with an incorrect signature: \[\] -> \[\], not \[i32 i32 i32 i32\] -> \[i32\]/,
    `(component (import "f" (func $f (result string)))
      (core module $m (memory (export "m") 1) (func (export "r"))) (core instance $i (instantiate $m))
      (core func (canon lower (func $f) (memory (core memory $i "m")) (realloc (core func $i "r")))))`,
  ],
  [
    'a post-return function of other results',
    /`post-return` uses a core function with an incorrect signature/,
    `(component (core module $m (func (export "f") (result i32) unreachable) (func (export "p") (param i64)))
      (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "p")))))`,
  ],
  [
    'a destructor that takes nothing',
    /wrong signature for a destructor/,
    `(component (core module $m (func (export "d"))) (core instance $i (instantiate $m))
      (type (resource (rep i32) (dtor (core func $i "d")))))`,
  ],
  [
    'many results without memory',
    /option `memory` is required/,
    '(component (import "f" (func $f (result (tuple u8 u8)))) (core func (canon lower (func $f))))',
  ],
  [
    'an option twice',
    /canonical option `memory` is specified more than once/,
    `(component (import "f" (func $f)) (core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))
      (core func (canon lower (func $f) (memory (core memory $i "m")) (memory (core memory $i "m")))))`,
  ],
  [
    'two encodings',
    /encoding option `utf8` conflicts with option `utf16`/,
    '(component (import "f" (func $f)) (core func (canon lower (func $f) string-encoding=utf8 string-encoding=utf16)))',
  ],
  ['an invalid core module', /core module/, '(component (core module (func (result i32))))'],
];

for (const [what, message, wat] of invalid) {
  test(`${what}: invalid`, async () => {
    await assert.rejects(compile(await assemble(wat)), (error: unknown) => {
      assert.ok(error instanceof ComponentError);
      assert.equal(error.code, 'invalid');
      assert.match(error.message, message);
      assert.equal(typeof error.offset, 'number');
      return true;
    });
  });
}
