import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTrap } from '../../src/runtime/trap.ts';
import { makeGuest } from './guest.ts';

/** Calls without a loop and without recursion, each twice the one before. */
const fanOut = Array.from({ length: 40 }, (_, n) => `(func $f${n + 1} (call $f${n}) (call $f${n}))`).join('');

/** Takes long for what it weighs, and too little to look at the flag itself. */
const division = '(local.set 0 (i64.div_u (i64.const -1) (local.get 0)))';
const row = `(func $divide (param i64) ${division.repeat(600)})
  (func (export "row") ${'(call $divide (i64.const 3))'.repeat(50_000)})`;

/** Each frame looks on entry, and has much left to do when the one above it has returned. */
const unwinding = `(func $unwind (param i32)
    (if (local.get 0) (then (call $unwind (i32.sub (local.get 0) (i32.const 1)))))
    ${'(call $divide (i64.const 3))'.repeat(60)})
  (func (export "unwind") (call $unwind (i32.const 4000)))`;

/** Jumps over every 64th call: a look at that place would be missed. */
const jumps = `(func (export "jumps")
    ${`(block (br 0) (call $f0) (call $f0)) ${'(call $divide (i64.const 3))'.repeat(62)}`.repeat(1000)})`;

/** Each frame, when the one above it has returned, calls down a row of functions that only pass the call on. */
const chains = `(func $pass (param i64 i32)
    (if (local.get 1) (then (call $pass (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))
    ${division.repeat(100)})
  (func $chains (param i32)
    (if (local.get 0) (then (call $chains (i32.sub (local.get 0) (i32.const 1)))))
    (call $pass (i64.const 3) (i32.const 2000)))
  (func (export "chains") (call $chains (i32.const 1000)))`;

/** What weighs little and throws often: each time takes a microsecond and more. */
const throws = `(func $throws ${'(block (try_table (catch_all 0) (throw $tag)))'.repeat(240)})
  (func $unwind-throws (param i32)
    (if (local.get 0) (then (call $unwind-throws (i32.sub (local.get 0) (i32.const 1)))))
    (call $throws) (call $throws))
  (func (export "throws") (call $unwind-throws (i32.const 4000)))`;

const BUSY = `(module
  (func $f0) ${fanOut} (func (export "fan-out") (call $f40))
  ${row} ${unwinding} ${jumps} ${chains}
  (tag $tag) ${throws}
  (func $leaf)
  (func (export "loop") (loop (br 0)))
  (func (export "catch-all")
    (loop $again
      (block $caught
        (try_table (catch_all $caught) (loop (br 0))))
      (br $again)))
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (i32.const 1))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
  (func $tail (export "tail") (return_call $tail))
  (func $deep (export "deep") (call $deep) (call $leaf))
  (func $chain (export "chain") (call $chain))
  (func (export "one") (result i32) (i32.const 1)))`;

suite('a busy guest', () => {
  for (const [name, args] of [
    ['loop', []],
    ['catch-all', []],
    ['fib', [90]],
    ['tail', []],
    ['fan-out', []],
    ['row', []],
    ['unwind', []],
    ['jumps', []],
    ['chains', []],
    ['throws', []],
  ] as const) {
    test(`ends at its CPU budget and lets others run until then: ${name}`, async () => {
      // Has it compiled: nobody gets a turn meanwhile. Modules of the same bytes share their code.
      const before = await makeGuest(BUSY);
      await assert.rejects(before.call(name, args, { cpu: 1 }), { trap: 'cpu' });
      const guest = await makeGuest(BUSY);
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      await assert.rejects(guest.call(name, args, { cpu: 60 }), { trap: 'cpu' });
      clearInterval(timer);
      assert.ok(turns > 0, 'no timer fired while the guest ran');
      assert.equal(await guest.call('one'), 1);
    });

    test(`ends at its deadline: ${name}`, async () => {
      const guest = await makeGuest(BUSY);
      await assert.rejects(guest.call(name, args, { deadline: 40 }), { trap: 'deadline' });
    });

    test(`ends where it cannot be suspended: ${name}`, async () => {
      const guest = await makeGuest(BUSY);
      assert.throws(() => guest.callSync(name, args, { cpu: 20 }), { trap: 'cpu' });
      assert.throws(() => guest.callSync(name, args, { deadline: 20 }), { trap: 'deadline' });
      assert.equal(guest.callSync('one'), 1);
    });
  }

  for (const name of ['deep', 'chain']) {
    test(`that recurses for ever uses up its stack: ${name}`, async () => {
      const guest = await makeGuest(BUSY);
      await assert.rejects(guest.call(name, [], { cpu: 1000 }), { trap: 'stack-overflow' });
      assert.throws(() => guest.callSync(name, [], { cpu: 1000 }), { trap: 'stack-overflow' });
    });
  }

  test('shares the thread with another one', async () => {
    const guests = await Promise.all([makeGuest(BUSY), makeGuest(BUSY), makeGuest(BUSY)]);
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      guests[0]!.call('loop', [], { cpu: 100 }).catch(note('long')),
      guests[1]!.call('loop', [], { cpu: 10 }).catch(note('short')),
      guests[2]!.call('one').then(note('one')),
    ]);
    assert.deepEqual([order.length, order.at(-1)], [3, 'long']);
  });

  test('is given up while it takes turns', async () => {
    const guest = await makeGuest(BUSY);
    const call = guest.call('loop');
    setTimeout(() => guest.limits.cancel(makeTrap('cancelled', 'given up')), 1);
    await assert.rejects(call, { trap: 'cancelled' });
  });

  test('cannot spend its time in instructions that work on whole memories', async () => {
    const fills = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x1000000))'.repeat(20_000);
    const guest = await makeGuest(`(module (memory 256) (func (export "fill") ${fills}))`);
    await assert.rejects(guest.call('fill', [], { cpu: 20 }), { trap: 'cpu' });
  });
});

test('the watchdog does not keep the process alive', () => {
  const script = `
    import { makeGuest } from ${JSON.stringify(new URL('guest.ts', import.meta.url).href)};
    const guest = await makeGuest('(module (func (export "loop") (loop (br 0))))');
    await guest.call('loop', [], { cpu: 20 }).catch((trap) => console.log(trap.trap));`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.deepEqual([ended.status, ended.stdout.trim()], [0, 'cpu'], ended.stderr);
});
