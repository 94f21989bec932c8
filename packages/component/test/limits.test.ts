import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuestResource } from '@spiderlightning/component';
import { pause, start } from './fixture.ts';

const endless = '(loop $again (br $again))';

/** Exports text functions whose allocator, post-return, callback or destructor may loop for ever. */
const looping = (where: string): string => `
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $D (func (export "dtor") (param i32) ${where === 'destructor' ? endless : ''}))
  (core instance $d (instantiate $D))
  (type $thing' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $thing "thing" (type $thing'))
  (core func $new (canon resource.new $thing'))
  (core func $return (canon task.return))
  (core module $M
    (import "h" "wait" (func $wait))
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "return" (func $return))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      ${where === 'realloc' ? endless : ''} (i32.const 1024))
    (func (export "take") (param i32 i32) (call $wait))
    (func (export "give") (result i32) (call $wait) (i32.const 0))
    (func (export "post") (param i32) ${where === 'post-return' ? endless : ''})
    (func (export "begin") (result i32) (i32.const 1))
    (func (export "again") (param i32 i32 i32) (result i32)
      ${where === 'callback' ? endless : ''} (call $return) (i32.const 0))
    (func (export "after") (call $wait) ${where === 'after a wait' ? endless : ''})
    (func (export "make") (result i32) (call $new (i32.const 1))))
  (core instance $m (instantiate $M (with "h" (instance
    (export "wait" (func $wait')) (export "new" (func $new)) (export "return" (func $return))))))
  (func (export "realloc") (param "s" string)
    (canon lift (core func $m "take") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (func (export "post-return") (result string)
    (canon lift (core func $m "give") (memory (core memory $m "memory")) (post-return (core func $m "post"))))
  (func (export "callback") async (canon lift (core func $m "begin") async (callback (core func $m "again"))))
  (func (export "after") (canon lift (core func $m "after")))
  (func (export "make") (result (own $thing)) (canon lift (core func $m "make")))`;

const places: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['realloc', 'realloc', ['text']],
  ['post-return', 'post-return', []],
  ['callback', 'callback', []],
  ['after a wait', 'after', []],
];

for (const [where, name, args] of places) {
  for (const [pace, wait] of [
    ['at once', () => undefined],
    ['later', () => pause(undefined)],
  ] as const) {
    test(`an endless loop in ${where} is ended, where the host answers ${pace}`, async () => {
      for (const [limits, trap] of [
        [{ cpu: 20 }, 'cpu'],
        [{ deadline: 20 }, 'deadline'],
      ] as const) {
        const instance = await start(looping(where), { wait });
        await assert.rejects(instance.call(name, args, limits), { trap });
        assert.equal(instance.alive, false);
      }
      const fine = await start(looping('nowhere'), { wait });
      await fine.call(name, args, { cpu: 5_000, deadline: 5_000 });
      assert.equal(fine.alive, true);
    });
  }
}

test('an endless destructor that the host sets off is ended by dispose', async () => {
  const instance = await start(looping('destructor'), { wait: () => undefined });
  const thing = (await instance.call('make', [])) as GuestResource;
  thing.drop();
  const next = instance.call('make', []);
  instance.dispose();
  await assert.rejects(next, { trap: 'disposed' });
});

test('time spent in one guest is not charged to another', async () => {
  const waiting = await start(looping('nowhere'), { wait: () => pause(undefined) });
  const busy = await start(looping('after a wait'), { wait: () => pause(undefined) });
  const spinning = assert.rejects(busy.call('after', [], { cpu: 300 }), { trap: 'cpu' });
  for (let round = 0; round < 5; round++) await waiting.call('after', [], { cpu: 200 });
  await spinning;
  assert.equal(waiting.alive, true);
});

/** Each frame, when the one above it has returned, hands over 4 MiB, and nothing else. */
const handing = `(core module $M
    (import "h" "take" (func $take (param i32 i32)))
    (func $hand (export "run") (param i32)
      (if (local.get 0) (then (call $hand (i32.sub (local.get 0) (i32.const 1)))))
      (call $take (i32.const 0) (i32.const 0x400000))))
  (core instance $m (instantiate $M (with "h" (instance (export "take" (func $take'))))))
  (func (export "run") (param "frames" u32) (canon lift (core func $m "run")))`;

test('a deep stack that hands the host much as it unwinds is ended', async () => {
  const instance = await start(
    `(import "take" (func $take (param "bytes" (list u8))))
    (core module $Libc (memory (export "memory") 65))
    (core instance $libc (instantiate $Libc))
    (core func $take' (canon lower (func $take) (memory (core memory $libc "memory"))))
    ${handing}`,
    { take: () => undefined },
  );
  await assert.rejects(instance.call('run', [400], { cpu: 20 }), { trap: 'cpu' });
});

test('one call that hands the host a great many values is ended', async () => {
  const instance = await start(
    `(import "take" (func $take (param "lists" (list (list u8)))))
    (core module $M
      (import "h" "take" (func $take (param i32 i32)))
      (func (export "run") (call $take (i32.const 0) (i32.const 1_500_000))))
    (core module $Libc (memory (export "memory") 200))
    (core instance $libc (instantiate $Libc))
    (core func $take' (canon lower (func $take) (memory (core memory $libc "memory"))))
    (core instance $m (instantiate $M (with "h" (instance (export "take" (func $take'))))))
    (func (export "run") (canon lift (core func $m "run")))`,
    { take: () => undefined },
  );
  await assert.rejects(instance.call('run', [], { cpu: 20 }), { trap: 'cpu' });
});

test('a deep stack that hands another component much as it unwinds is ended', async () => {
  const instance = await start(
    `(component $Taker
      (core module $T
        (memory (export "memory") 65)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "take") (param i32 i32)))
      (core instance $t (instantiate $T))
      (func (export "take") (param "bytes" (list u8)) (canon lift (core func $t "take")
        (memory (core memory $t "memory")) (realloc (core func $t "realloc")))))
    (instance $taker (instantiate $Taker))
    (core module $Libc (memory (export "memory") 65))
    (core instance $libc (instantiate $Libc))
    (core func $take' (canon lower (func $taker "take") (memory (core memory $libc "memory"))))
    ${handing}`,
  );
  await assert.rejects(instance.call('run', [400], { cpu: 20 }), { trap: 'cpu' });
});
