import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitsSnapshot, Restorer, takeSnapshot } from '../../src/core/snapshot.ts';
import { makeGuest } from './guest.ts';
import type { Guest } from './guest.ts';

const PAGE = 65_536;

/** Everything that a guest may do to a memory and to globals. */
const operations = `
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "crash") unreachable)`;

function bytesOf(guest: Guest): Uint8Array {
  return new Uint8Array((guest.limits.keepers[0]!.memory as WebAssembly.Memory).buffer);
}

function restorerOf(guest: Guest, noted = false): Restorer {
  const snapshot = takeSnapshot(guest.limits);
  assert.ok(snapshot !== undefined);
  return new Restorer(snapshot, guest.limits, noted);
}

const number = {
  i32: fc.integer(),
  i64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  f32: fc.float(),
  f64: fc.double(),
};

/** A global: its type and two values, at first and later. */
const globals = fc.array(
  fc.constantFrom('i32', 'i64', 'f32', 'f64').chain((type) =>
    fc.record({
      type: fc.constant(type),
      first: number[type],
      later: number[type] as fc.Arbitrary<unknown>,
    }),
  ),
  { maxLength: 5 },
);

const step = fc.oneof(
  fc.record({ name: fc.constant('poke'), args: fc.tuple(fc.nat(3 * PAGE), fc.nat(255)) }),
  fc.record({ name: fc.constant('fill'), args: fc.tuple(fc.nat(3 * PAGE), fc.nat(255), fc.nat(20_000)) }),
  fc.record({ name: fc.constant('grow'), args: fc.tuple(fc.nat(4)) }),
  fc.record({ name: fc.constant('size'), args: fc.constant([]) }),
  fc.record({ name: fc.constant('crash'), args: fc.constant([]) }),
  fc.record({ name: fc.constant('set'), args: fc.constant([]) }),
);

function literal(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
}

/** Runs steps and says what each came to. A restored memory is larger than it says, so where traps are may differ. */
function run(guest: Guest, steps: readonly { name: string; args: readonly unknown[] }[]): unknown[] {
  return steps.map(({ name, args }) => {
    const end = Number(args[0]) + (name === 'fill' ? Number(args[2]) : 1);
    if (/poke|fill/.test(name) && end > guest.limits.memoryBytes) return 'outside';
    try {
      return guest.callSync(name, args);
    } catch (error) {
      return (error as { trap: string }).trap;
    }
  });
}

for (const noteStores of [false, true]) {
  const how = noteStores ? ', by its marks' : '';
  test(`a restored instance of any module behaves as a fresh one, and looks like it${how}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        globals,
        fc.nat(2),
        fc.array(fc.record({ at: fc.nat(PAGE - 20), text: fc.stringMatching(/^[a-z]{0,20}$/) }), {
          maxLength: 4,
        }),
        fc.array(step, { maxLength: 12 }),
        fc.array(step, { maxLength: 12 }),
        async (fields, pages, data, before, after) => {
          const wat = `(module (memory ${pages + 1} 6)
          ${data.map(({ at, text }) => `(data (i32.const ${at}) "${text}")`).join('')}
          ${fields.map(({ type, first }, i) => `(global $g${i} (mut ${type}) (${type}.const ${literal(first)}))`).join('')}
          (func (export "set") ${fields.map(({ type, later }, i) => `(global.set $g${i} (${type}.const ${literal(later)}))`).join('')})
          ${fields.map((_, i) => `(export "g${i}" (global $g${i}))`).join('')}
          ${operations})`;
          const used = await makeGuest(wat, { noteStores });
          const fresh = await makeGuest(wat, { noteStores });
          const restorer = restorerOf(used, noteStores);
          run(used, before);
          assert.ok(restorer.restore());
          assert.deepEqual(run(used, after), run(fresh, after));
          fields.forEach((_, i) =>
            assert.deepEqual(used.exports[`g${i}`].value, fresh.exports[`g${i}`].value, `global ${i}`),
          );
          assert.equal(used.limits.memoryBytes, fresh.limits.memoryBytes);
          const live = bytesOf(used);
          const right = bytesOf(fresh);
          assert.ok(Buffer.compare(live.subarray(0, right.length), right) === 0, 'the memories differ');
          assert.ok(
            live.subarray(right.length).every((byte) => byte === 0),
            'something lies beyond',
          );
        },
      ),
      { numRuns: 60 },
    );
  });
  test(`a larger memory is put back too, and what it grew by is empty${how}`, async () => {
    const guest = await makeGuest(
      `(module (memory 100 200)
    (data (i32.const 5000000) "far away") (data (i32.const 10) "near") ${operations})`,
      { noteStores },
    );
    const restorer = restorerOf(guest, noteStores);
    const right = bytesOf(guest).slice();
    guest.callSync('grow', [10]);
    guest.callSync('fill', [0, 7, 110 * PAGE]);
    assert.ok(restorer.restore());
    assert.equal(guest.callSync('size'), 100);
    assert.ok(Buffer.compare(bytesOf(guest).subarray(0, right.length), right) === 0);
    assert.equal(guest.callSync('grow', [10]), 100);
    assert.ok(
      bytesOf(guest)
        .subarray(right.length)
        .every((byte) => byte === 0),
    );
  });

  test(`what was written beyond the virtual size is gone as well${how}`, async () => {
    const guest = await makeGuest(`(module (memory 1 50) ${operations})`, { noteStores });
    const restorer = restorerOf(guest, noteStores);
    guest.callSync('grow', [5]);
    assert.ok(restorer.restore());
    // It has not asked for this memory, but the store does not trap.
    guest.callSync('poke', [5 * PAGE, 1]);
    assert.ok(restorer.restore());
    assert.ok(bytesOf(guest).every((byte) => byte === 0));
  });
}

test('a memory that grew far is not kept', async () => {
  const guest = await makeGuest(`(module (memory 1 1000) (global $g (export "g") (mut i32) (i32.const 1))
    (func (export "set") (global.set $g (i32.const 2))) ${operations})`);
  const restorer = restorerOf(guest);
  guest.callSync('grow', [64]);
  assert.equal(restorer.restore(), true, '4 MiB');
  guest.callSync('set');
  guest.callSync('grow', [65]);
  assert.equal(restorer.restore(), false, 'a page more');
  assert.equal(guest.exports['g'].value, 2, 'nothing has changed');
});

test('one snapshot serves every instance, whatever their places in memory', async () => {
  const wat = `(module (memory 2 9) (data (i32.const 12288) "here") ${operations})`;
  const first = await makeGuest(wat);
  const snapshot = takeSnapshot(first.limits)!;
  const guests = await Promise.all([1, 2, 3].map(() => makeGuest(wat)));
  for (const [index, guest] of guests.entries()) {
    assert.ok(fitsSnapshot(snapshot, guest.limits));
    guest.callSync('fill', [0, index + 1, 2 * PAGE]);
  }
  for (const guest of guests) {
    assert.ok(new Restorer(snapshot, guest.limits).restore());
    assert.ok(Buffer.compare(bytesOf(guest), bytesOf(first)) === 0);
  }
  const other = await makeGuest(`(module (memory 3 9) ${operations})`);
  assert.equal(fitsSnapshot(snapshot, other.limits), false);
});

test('memories that are too large have no snapshot', async () => {
  const guest = await makeGuest(`(module (memory 1025 2000) ${operations})`);
  assert.equal(takeSnapshot(guest.limits), undefined);
});

test('a guest that exports what looks like our globals keeps its own names', async () => {
  const guest = await makeGuest(`(module
    (global $a (mut i32) (i32.const 1)) (global $b (export "spiderlightning/global0") (mut i64) (i64.const 2))
    (func (export "set") (global.set $a (i32.const 5)) (global.set $b (i64.const 6)))
    (func (export "a") (result i32) (global.get $a)))`);
  assert.deepEqual(Object.keys(guest.exports).toSorted(), ['a', 'set', 'spiderlightning/global0']);
  const restorer = restorerOf(guest);
  guest.callSync('set');
  assert.ok(restorer.restore());
  assert.equal(guest.callSync('a'), 1);
  assert.equal(guest.exports['spiderlightning/global0'].value, 2n);
});
