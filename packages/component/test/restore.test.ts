import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileModule, GuestResource } from '@spiderlightning/component';
import type { HostImports, Instance, Trap } from '@spiderlightning/component';
import { assemble } from '../../../test/guests/wat.ts';
import { compileText, pause, start } from './fixture.ts';

/** Counts, keeps and breaks whatever there is: a global, a memory, two tables of handles, a context slot. */
const counter = `
  (import "test:host/things@1.0.0" (instance $things
    (export "thing" (type $thing (sub resource)))
    (export "transaction" (type $transaction (sub resource)))
    (export "lease" (type $lease (sub resource)))
    (export "open" (func (param "id" u32) (result (own $thing))))
    (export "begin" (func (param "id" u32) (result (own $transaction))))
    (export "acquire" (func (param "id" u32) (result (own $lease))))
    (export "wait" (func))))
  (alias export $things "thing" (type $thing))
  (alias export $things "transaction" (type $transaction))
  (alias export $things "lease" (type $lease))
  (core func $open (canon lower (func $things "open")))
  (core func $begin (canon lower (func $things "begin")))
  (core func $acquire (canon lower (func $things "acquire")))
  (core func $wait (canon lower (func $things "wait")))
  (core func $drop-thing (canon resource.drop $thing))
  (type $own' (resource (rep i32)))
  (core func $new (canon resource.new $own'))
  (core module $M
    (import "h" "open" (func $open (param i32) (result i32)))
    (import "h" "begin" (func $begin (param i32) (result i32)))
    (import "h" "acquire" (func $acquire (param i32) (result i32)))
    (import "h" "wait" (func $wait))
    (import "h" "new" (func $new (param i32) (result i32)))
    (memory 1 4000)
    (global $count (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.store (i32.const 100) (i32.add (i32.load (i32.const 100)) (i32.const 100)))
      (i32.add (global.get $count) (i32.load (i32.const 100))))
    (func (export "hold") (param i32) (result i32)
      (drop (call $open (local.get 0)))
      (drop (call $acquire (local.get 0)))
      (call $begin (local.get 0)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "rep") (param i32) (result i32) (local.get 0))
    (func (export "crash") (param i32)
      (drop (call $open (local.get 0))) (global.set $count (i32.const 77)) unreachable)
    (func (export "spin") (loop $l (global.set $count (i32.const 78)) (br $l)))
    (func (export "sleep") (global.set $count (i32.const 79)) (call $wait))
    (func (export "grow") (param i32) (result i32) (local $at i32)
      (local.set $at (memory.grow (local.get 0)))
      (memory.fill (i32.mul (local.get $at) (i32.const 65536)) (i32.const 7)
        (i32.mul (local.get 0) (i32.const 65536)))
      (local.get $at))
    (func (export "remains") (param i32) (result i32) (local $at i32) (local $end i32) (local $sum i32)
      (local.set $at (i32.mul (memory.grow (local.get 0)) (i32.const 65536)))
      (local.set $end (i32.mul (memory.size) (i32.const 65536)))
      (loop $l
        (local.set $sum (i32.or (local.get $sum) (i32.load (local.get $at))))
        (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
      (local.get $sum)))
  (core instance $m (instantiate $M (with "h" (instance
    (export "open" (func $open)) (export "begin" (func $begin)) (export "acquire" (func $acquire))
    (export "wait" (func $wait)) (export "new" (func $new))))))
  (func (export "count") (result u32) (canon lift (core func $m "count")))
  (func (export "hold") (param "id" u32) (result u32) (canon lift (core func $m "hold")))
  (export $own "own" (type $own'))
  (func (export "make") (param "rep" u32) (result (own $own)) (canon lift (core func $m "make")))
  (func (export "rep") (param "it" (borrow $own)) (result u32) (canon lift (core func $m "rep")))
  (func (export "crash") (param "id" u32) (canon lift (core func $m "crash")))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "sleep") (canon lift (core func $m "sleep")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $m "grow")))
  (func (export "remains") (param "pages" u32) (result u32) (canon lift (core func $m "remains")))`;

function things(log: string[] = [], ended: (text: string) => unknown = () => undefined): HostImports {
  const named = (kind: string) => (id: number) => ({ text: `${kind} ${id}` });
  const drop = ({ text }: { text: string }) => {
    log.push(text);
    return ended(text);
  };
  return {
    'test:host/things@1.0.0': {
      open: named('thing'),
      begin: named('transaction'),
      acquire: named('lease'),
      wait: () => new Promise(() => undefined),
      '[drop]thing': drop,
      '[drop]transaction': drop,
      '[drop]lease': drop,
    },
  };
}

const restorable = { restorable: true, dropFirst: ['transaction', 'lease'] };
const component = await compileText(counter, { restorable: true });
const make = (log?: string[], ended?: (text: string) => unknown): Promise<Instance> =>
  component.instantiate(things(log, ended), restorable);

test('memory and globals are as at the beginning, and so again', async () => {
  const instance = await make();
  assert.equal(instance.unrestorable, undefined);
  for (let round = 0; round < 5; round++) {
    assert.equal(await instance.call('count', []), 101);
    assert.equal(await instance.call('count', []), 202);
    assert.equal(instance.restore(), true);
  }
  assert.equal(instance.callSync('count', []), 101);
});

const ends: readonly [string, (instance: Instance) => Promise<unknown>, Trap['trap']][] = [
  ['a trap', (instance) => instance.call('crash', [1]), 'unreachable'],
  ['a deadline of a busy guest', (instance) => instance.call('spin', [], { deadline: 30 }), 'deadline'],
  ['a deadline of a waiting guest', (instance) => instance.call('sleep', [], { deadline: 30 }), 'deadline'],
  ['a spent CPU budget', (instance) => instance.call('spin', [], { cpu: 20 }), 'cpu'],
  [
    'a call that was given up',
    (instance) => instance.call('sleep', [], { signal: AbortSignal.timeout(20) }),
    'cancelled',
  ],
];
for (const [what, run, trap] of ends) {
  test(`${what} ends a call, and the restored instance answers right`, async () => {
    const instance = await make();
    for (let round = 0; round < 3; round++) {
      await instance.call('count', []);
      await assert.rejects(run(instance), { trap });
      assert.equal(instance.alive, false);
      assert.equal(instance.restore(), true);
      assert.equal(instance.alive, true);
      assert.equal(await instance.call('count', []), 101);
    }
  });
}

test('what a call opened is dropped, in the order that was asked for', async () => {
  const log: string[] = [];
  const instance = await make(log);
  const first = await instance.call('hold', [1]);
  assert.equal(instance.restore(), true);
  assert.deepEqual(log.splice(0), ['transaction 1', 'lease 1', 'thing 1']);
  assert.equal(await instance.call('hold', [2]), first, 'the same indexes are free again');
  await assert.rejects(instance.call('crash', [3]), { trap: 'unreachable' });
  assert.deepEqual(log, ['transaction 2', 'lease 2', 'thing 2', 'thing 3'], 'at once, after a trap');
  assert.equal(instance.restore(), true);
  assert.equal(log.length, 4, 'and only once');
});

test('each kind is gone before the next one goes, and the instance is ready after the last', async () => {
  const log: string[] = [];
  const rollback = Promise.withResolvers<void>();
  const instance = await make(log, (text) => {
    if (text.startsWith('transaction')) return rollback.promise.then(() => log.push('rolled back'));
    if (text.startsWith('lease')) return Promise.reject(new Error('the server is gone'));
    return undefined;
  });
  await instance.call('hold', [1]);
  const restored = instance.restore();
  assert.ok(restored instanceof Promise);
  assert.deepEqual(log, ['transaction 1']);
  await assert.rejects(instance.call('count', []), { trap: 'disposed', message: /being restored/ });
  rollback.resolve();
  assert.equal(await restored, true);
  assert.deepEqual(log, ['transaction 1', 'rolled back', 'lease 1', 'thing 1']);
  assert.equal(await instance.call('count', []), 101);
});

test('an instance that is disposed of while it is restored stays so', async () => {
  const gate = Promise.withResolvers<void>();
  const instance = await make([], () => gate.promise);
  await instance.call('hold', [1]);
  const restored = instance.restore();
  instance.dispose();
  gate.resolve();
  assert.equal(await restored, false);
  await assert.rejects(instance.call('count', []), { trap: 'disposed' });
});

test('an instance in the middle of a call is not restored', async () => {
  const instance = await make();
  const running = instance.call('sleep', [], { deadline: 50 });
  assert.equal(instance.restore(), false);
  await assert.rejects(running, { trap: 'deadline' });
  assert.equal(instance.restore(), true);
  instance.dispose();
  assert.equal(instance.restore(), false);
});

test('resources of the guest that the host holds are stale afterwards, and say so', async () => {
  const instance = await make();
  const held = (await instance.call('make', [42])) as GuestResource;
  assert.equal(await instance.call('rep', [held]), 42);
  assert.equal(instance.restore(), true);
  assert.equal(held.live, false);
  await assert.rejects(instance.call('rep', [held]), {
    name: 'TypeError',
    message: /own.* belongs to an earlier state of its instance/,
  });
  held.drop();
  const next = (await instance.call('make', [43])) as GuestResource;
  assert.equal(await instance.call('rep', [next]), 43);
});

test('grown memory is empty when it is asked for again, and the size is as before', async () => {
  const instance = await make();
  const bytes = instance.memoryBytes;
  for (let round = 0; round < 3; round++) {
    assert.equal(await instance.call('grow', [20]), 1);
    assert.equal(instance.memoryBytes, bytes + 20 * 65_536);
    assert.equal(instance.restore(), true);
    assert.equal(instance.memoryBytes, bytes);
    assert.equal(await instance.call('remains', [30]), 0);
    assert.equal(instance.restore(), true);
  }
});

test('an instance that took 200 MB is not kept', async () => {
  const instance = await make();
  assert.equal(await instance.call('grow', [3200]), 1);
  assert.equal(instance.restore(), false);
  instance.dispose();
});

test('one snapshot serves all instances, whoever was first, while those with another limit have their own', async () => {
  const first = await make();
  await first.call('count', []);
  const second = await make();
  await second.call('count', []);
  assert.equal(second.restore(), true);
  assert.equal(await second.call('count', []), 101);
  assert.equal(await first.call('count', []), 202);
  assert.equal(first.restore(), true);
  assert.equal(await first.call('count', []), 101);
  const small = await component.instantiate(things(), { ...restorable, memory: 10 * 65_536 });
  await small.call('grow', [9]);
  await assert.rejects(small.call('grow', [1]), { trap: 'out-of-bounds' });
  assert.equal(small.restore(), true);
  assert.equal(await small.call('grow', [9]), 1);
});

test('a thousand restores leave size and memory where they were', async () => {
  const instance = await make();
  const round = async (): Promise<void> => {
    await instance.call('grow', [8]);
    await instance.call('hold', [1]);
    assert.equal(instance.restore(), true);
  };
  for (let i = 0; i < 50; i++) await round();
  const pages = instance.memoryBytes;
  const resident = process.memoryUsage.rss();
  for (let i = 0; i < 1_000; i++) await round();
  assert.equal(instance.memoryBytes, pages);
  const grown = (process.memoryUsage.rss() - resident) / 2 ** 20;
  // One megabyte a round, if what a call leaves were kept, is 500.
  assert.ok(grown < 64, `${grown} MiB more`);
});

const module = (fields: string): string =>
  `(core module $M ${fields} (func (export "run"))) (core instance $m (instantiate $M))
   (func (export "run") (canon lift (core func $m "run")))`;

const cases: readonly [name: string, body: string, reason: RegExp][] = [
  ['table.set', module('(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))'), /table\.set/],
  [
    'table.grow',
    module('(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))'),
    /table\.grow/,
  ],
  [
    'table.fill',
    module('(table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 1)))'),
    /table\.fill/,
  ],
  [
    'table.init',
    module('(table 1 funcref) (elem func) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))'),
    /table\.init/,
  ],
  [
    'table.copy',
    module('(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))'),
    /table\.copy/,
  ],
  ['elem.drop', module('(elem func) (func (elem.drop 0))'), /elem\.drop/],
  ['data.drop', module('(memory 1) (data "x") (func (data.drop 0))'), /data\.drop/],
  [
    'objects',
    module('(type (struct (field (mut i32)))) (global (ref 0) (struct.new 0 (i32.const 1)))'),
    /garbage-collected/,
  ],
  ['arrays', module('(rec (type (array (mut i8))))'), /garbage-collected/],
  ['a global reference', module('(global (mut funcref) (ref.null func))'), /mutable global/],
  ['a global vector', module('(global (mut v128) (v128.const i64x2 0 0))'), /mutable global/],
  ['a wide memory', module('(memory i64 1)'), /64 bits/],
  ['a huge memory', module('(memory 1025)'), /too large/],
];
for (const [name, body, reason] of cases) {
  test(`not restorable: ${name}`, async () => {
    const instance = await start(body, {}, { restorable: true });
    assert.match(instance.unrestorable ?? '', reason);
    await instance.call('run', []);
    assert.equal(instance.restore(), false);
    await instance.call('run', []);
  });
}

test('restorable: what only reads tables, copies memory, and has globals that stay', async () => {
  const fields = `(memory 1) (data $d "x") (table 1 funcref) (global i32 (i32.const 64)) (global (mut i32) (i32.add (i32.const 1) (i32.const 2)))
    (global v128 (v128.const i64x2 0 0)) (func $f (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 1)) (drop (table.get (i32.const 0))) (drop (table.size)))
    (start $f)`;
  const instance = await start(module(fields), {}, { restorable: true });
  assert.equal(instance.unrestorable, undefined);
  assert.equal(instance.restore(), true);
});

test('not restorable: what the host gives may differ from one instance to the next', async () => {
  const component = await compileText(`
    (import "m" (core module $M (export "run" (func))))
    (core instance $m (instantiate $M))
    (func (export "run") (canon lift (core func $m "run")))`);
  const m = await compileModule(await assemble('(module (func (export "run")))'));
  const instance = await component.instantiate({ m }, { restorable: true });
  assert.match(instance.unrestorable ?? '', /come from the host/);
});

test('not restorable: initialisation that calls the host, without limits, or unasked', async () => {
  const body = `(import "now" (func $now (result u32)))
    (core func $now' (canon lower (func $now)))
    (core module $M (import "h" "now" (func $now (result i32))) (global $g (mut i32) (i32.const 0))
      (func $start (global.set $g (call $now))) (start $start) (func (export "run") (result i32) (global.get $g)))
    (core instance $m (instantiate $M (with "h" (instance (export "now" (func $now'))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))`;
  for (const now of [() => 5, () => pause(5)]) {
    const instance = await start(body, { now }, { restorable: true });
    assert.match(instance.unrestorable ?? '', /initialisation called the host/);
    assert.equal(instance.restore(), false);
    assert.equal(await instance.call('run', []), 5);
  }
  const plain = await compileText(module(''), { limits: false });
  assert.match((await plain.instantiate({}, { restorable: true })).unrestorable ?? '', /limits/);
  assert.match((await start(module(''))).unrestorable ?? '', /not asked for/);
});

test('what the host wrote into the memory of a guest is gone, too', async () => {
  // Blocks are handed out where the guest itself never writes.
  const written = await compileText(
    `
    (import "test:host/texts@1.0.0" (instance $texts
      (export "point" (func (result (tuple u32 u64 string))))))
    (core module $M
      (import "h" "point" (func $point (param i32)))
      (memory (export "memory") 4)
      (global $next (mut i32) (i32.const 65536))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 255)) (i32.const -256)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
      (func (export "take") (param i32 i32 i32 i32))
      (func (export "ask") (call $point (i32.const 200000)))
      (func (export "remains") (result i32)
        (local $at i32)
        (block $all (loop $each
          (br_if $all (i32.eq (local.get $at) (i32.const 262144)))
          (if (i32.load8_u (local.get $at)) (then (return (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $each)))
        (i32.const -1)))
    (core module $Shim (table (export "t") 1 funcref)
      (func (export "point") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 0))))
    (core module $Fill (import "s" "t" (table 1 funcref)) (import "h" "point" (func $p (param i32)))
      (elem (i32.const 0) func $p))
    (core instance $shim (instantiate $Shim))
    (core instance $m (instantiate $M (with "h" (instance $shim))))
    (alias core export $m "memory" (core memory $memory))
    (alias core export $m "realloc" (core func $realloc))
    (core func $point (canon lower (func $texts "point") (memory $memory) (realloc $realloc)))
    (core instance (instantiate $Fill (with "s" (instance $shim)) (with "h" (instance (export "point" (func $point))))))
    (func (export "take") (param "bytes" (list u8)) (param "names" (list string))
      (canon lift (core func $m "take") (memory $memory) (realloc $realloc)))
    (func (export "ask") (canon lift (core func $m "ask")))
    (func (export "remains") (result s32) (canon lift (core func $m "remains")))`,
    { restorable: true },
  );
  const texts = { point: () => [7, 2n ** 60n, 'a text of the host that is longer than sixteen'] };
  const instance = await written.instantiate({ 'test:host/texts@1.0.0': texts }, { restorable: true });
  assert.equal(instance.unrestorable, undefined);
  const args = [new Uint8Array(3_000).fill(1), ['short', 'ä', 'x'.repeat(700)]];
  for (let round = 0; round < 3; round++) {
    assert.equal(await instance.call('remains', []), -1);
    await instance.call('take', args);
    await instance.call('ask', []);
    assert.notEqual(await instance.call('remains', []), -1);
    assert.equal(instance.restore(), true);
  }
});

test('what a guest asked for in vain is known until it is put back', async () => {
  const instance = await make();
  assert.equal(instance.memoryRefused, 0);
  const pages = instance.memoryBytes / 65_536;
  assert.equal(await instance.call('grow', [20]), 1);
  assert.equal(instance.memoryRefused, 0);
  // It uses what it has not got.
  await assert.rejects(instance.call('grow', [40_000]), { trap: 'out-of-bounds' });
  assert.equal(instance.memoryRefused, (pages + 20 + 40_000) * 65_536);
  assert.equal(instance.restore(), true);
  assert.equal(instance.memoryRefused, 0);
});
