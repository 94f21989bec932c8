import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assemble } from '../../../../test/guests/wat.ts';
import { rewriteModule } from '../../src/core/rewrite.ts';
import { Restorer, takeSnapshot } from '../../src/core/snapshot.ts';
import { makeGuest } from './guest.ts';
import type { Guest } from './guest.ts';

const PAGE = 65_536;

/** Each with how the value that it stores is made of a number. */
const stores: readonly (readonly [instruction: string, value: string])[] = [
  ['i32.store', '(local.get 1)'],
  ['i32.store8', '(local.get 1)'],
  ['i32.store16', '(local.get 1)'],
  ['i64.store', '(i64.extend_i32_s (local.get 1))'],
  ['i64.store8', '(i64.extend_i32_s (local.get 1))'],
  ['i64.store16', '(i64.extend_i32_s (local.get 1))'],
  ['i64.store32', '(i64.extend_i32_s (local.get 1))'],
  ['f32.store', '(f32.convert_i32_s (local.get 1))'],
  ['f64.store', '(f64.convert_i32_s (local.get 1))'],
  ['v128.store', '(i32x4.splat (local.get 1))'],
];
const lanes: readonly (readonly [instruction: string, lane: number])[] = [
  ['v128.store8_lane', 15],
  ['v128.store16_lane', 7],
  ['v128.store32_lane', 3],
  ['v128.store64_lane', 1],
];
/** Around what the code before a store adds, and far beyond. */
const offsets = [0, 1, 15, 40, 47, 48, 49, 63, 64, 65, 255, 256, 300, 4_095, 65_000, 100_000];

const functions = [
  ...stores.flatMap(([instruction, value]) =>
    offsets.map(
      (offset) => `(func (export "${instruction} ${offset}") (param i32 i32) (local $a i64) (local $b f32)
        (${instruction} offset=${offset} (local.get 0) ${value}))`,
    ),
  ),
  ...lanes.flatMap(([instruction, lane]) =>
    offsets.map(
      (offset) => `(func (export "${instruction} ${offset}") (param i32 i32)
        (${instruction} offset=${offset} ${lane} (local.get 0) (i32x4.splat (local.get 1))))`,
    ),
  ),
  `(func (export "memory.fill") (param i32 i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
   (func (export "memory.copy") (param i32 i32 i32)
     (memory.copy (local.get 0) (i32.rem_u (local.get 2) (i32.const 9000)) (local.get 1)))
   (func (export "memory.init") (param i32 i32 i32)
     (memory.init $text (local.get 0) (i32.const 0) (i32.rem_u (local.get 1) (i32.const 12))))
   (func (export "grow") (param i32 i32) (drop (memory.grow (i32.const 1))))
   (func (export "mixed") (param i32 i32)
     (i32.store (local.get 0) (local.get 1))
     (i64.store offset=8 (local.get 0) (i64.extend_i32_s (local.get 1)))
     (block (loop (br_if 1 (i32.lt_u (local.get 1) (i32.const 500)))
       (f64.store offset=600 (local.get 0) (f64.convert_i32_s (local.get 1)))
       (local.set 1 (i32.shr_u (local.get 1) (i32.const 1)))
       (br 0))))`,
].join('\n');

/** Nothing in it is zero, so that zeros in the wrong place are seen. */
const filled = Array.from({ length: 3 }, (_, page) =>
  Array.from({ length: 1_024 }, (_, at) => String.fromCharCode(97 + ((at + page * 7) % 26)))
    .join('')
    .repeat(64),
);
const module = await assemble(`(module (memory (export "memory") 3 8)
  ${filled.map((text, page) => `(data (i32.const ${page * PAGE}) "${text}")`).join('')}
  (data $text "hello, world") ${functions})`);

function bytesOf(guest: Guest): Uint8Array {
  return new Uint8Array(guest.limits.keepers[0]!.memory.buffer);
}

const near = fc.integer({ min: -70, max: 70 });
const places = fc.oneof(
  fc.nat(3 * PAGE),
  // Borders of blocks, pages, the saved memory and the grown one.
  fc
    .tuple(fc.constantFrom(0, 256, 4_096, 40_960, PAGE, 3 * PAGE, 4 * PAGE, 8 * PAGE, 2 ** 32), near)
    .map(([at, by]) => at + by),
);
const names = [
  ...[...stores, ...lanes].flatMap(([instruction]) => offsets.map((offset) => `${instruction} ${offset}`)),
  'memory.fill',
  'memory.copy',
  'memory.init',
  'grow',
  'mixed',
];
const steps = fc.array(
  fc.record({ name: fc.constantFrom(...names), at: places, value: fc.nat(70_000), from: fc.nat() }),
  { minLength: 1, maxLength: 12 },
);

test('marks tell of every store, wherever it goes', async () => {
  const guest = await makeGuest(module, { noteStores: true });
  const snapshot = takeSnapshot(guest.limits)!;
  const restorer = new Restorer(snapshot, guest.limits, true);
  const right = bytesOf(guest).slice();
  let changed = 0;
  fc.assert(
    fc.property(steps, (list) => {
      for (const { name, at, value, from } of list) {
        try {
          guest.callSync(name, [at | 0, value, from]);
        } catch (error) {
          assert.equal((error as { trap: string }).trap, 'out-of-bounds', name);
        }
      }
      if (Buffer.compare(bytesOf(guest).subarray(0, right.length), right) !== 0) changed++;
      assert.ok(restorer.restore());
      const live = bytesOf(guest);
      const differs = live.subarray(0, right.length).findIndex((byte, index) => byte !== right[index]);
      assert.equal(differs, -1, 'the place where it differs');
      assert.equal(
        live.subarray(right.length).findIndex((byte) => byte !== 0),
        -1,
        'something lies beyond',
      );
    }),
    { numRuns: 300 },
  );
  assert.ok(changed > 100, `only ${changed} runs wrote anything`);
});

test('a store does the same with marks and without', async () => {
  const plain = await makeGuest(module);
  const noted = await makeGuest(module, { noteStores: true });
  const outcome = (guest: Guest, name: string, args: readonly unknown[]): unknown => {
    try {
      return guest.callSync(name, args);
    } catch (error) {
      return (error as { trap: string }).trap;
    }
  };
  fc.assert(
    fc.property(steps, (list) => {
      for (const { name, at, value, from } of list) {
        const args = [at | 0, value, from];
        assert.deepEqual(outcome(noted, name, args), outcome(plain, name, args), name);
      }
      assert.ok(Buffer.compare(bytesOf(noted), bytesOf(plain)) === 0, 'the memories differ');
    }),
    { numRuns: 100 },
  );
});

test('a module whose stores cannot all be noted is left without marks', async () => {
  const shapeOf = async (wat: string) => rewriteModule(await assemble(`(module ${wat})`), true)?.shape;
  for (const wat of [
    '(memory 1) (func (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) (loop))',
    '(memory 1) (func (i32.atomic.store (i32.const 0) (i32.const 1)) (loop))',
    '(memory $a 1) (memory $b 1) (func (i32.store $b (i32.const 0) (i32.const 1)))',
    '(memory $a 1) (memory $b 1) (func (i32.store $a (i32.const 0) (i32.const 1)))',
    '(memory i64 1) (func (i32.store (i64.const 0) (i32.const 1)))',
    `(memory 1) (func (local ${'i32 '.repeat(49_999)}) (i32.store (i32.const 0) (i32.const 1)))`,
    '(table 1 funcref) (memory 1) (func (table.set (i32.const 0) (ref.null func)) (i32.store (i32.const 0) (i32.const 1)))',
  ]) {
    const shape = await shapeOf(wat);
    assert.deepEqual([shape?.noted, shape?.marks], [false, false], wat.slice(0, 200));
  }
  const reads = await shapeOf('(memory 1) (func (drop (i32.atomic.load (i32.const 0))))');
  assert.deepEqual([reads?.noted, reads?.marks], [true, false], 'nothing is written');
  const writes = await shapeOf('(import "a" "b" (memory 1)) (func (i32.store (i32.const 0) (i32.const 1)))');
  assert.deepEqual([writes?.noted, writes?.marks], [true, true], 'a store is all there is');
});
