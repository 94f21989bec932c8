import { compile } from '@spiderlightning/component';
import type { Component } from '@spiderlightning/component';
import { assemble } from '../../../../test/guests/wat.ts';

/** What the host does when the guest asks for it: the parameter of `wait`. */
export const WAIT = {
  atOnce: 0,
  later: 1,
  timer: 2,
  never: 3,
  throws: 4,
  rejects: 5,
  enters: 6,
  disposes: 7,
  other: 8,
} as const;

/** What becomes of a resource of the guest's when it is dropped: what it is made with. Otherwise it waits: 100 and a `WAIT`. */
export const END = { well: 0, crash: 1, spin: 2, waits: 100 } as const;

/** A guest that counts its calls, in a global and in memory, holds resources of the host's, and fails in any way. */
const WALKER = `(component
  (import "wait" (func $wait (param "how" u32) (result u32)))
  (import "test:host/things@1.0.0" (instance $things
    (export "thing" (type $thing (sub resource)))
    (export "open" (func (result (own $thing))))
    (export "[method]thing.use" (func (param "self" (borrow $thing)) (param "how" u32) (result u32)))))
  (alias export $things "thing" (type $thing))
  (core func $wait' (canon lower (func $wait)))
  (core func $open (canon lower (func $things "open")))
  (core func $use (canon lower (func $things "[method]thing.use")))
  (core func $drop (canon resource.drop $thing))
  (core module $D
    (import "h" "wait" (func $wait (param i32) (result i32)))
    (func (export "end") (param i32)
      (if (i32.eq (local.get 0) (i32.const ${END.crash})) (then unreachable))
      (if (i32.eq (local.get 0) (i32.const ${END.spin})) (then (loop (br 0))))
      (if (i32.ge_u (local.get 0) (i32.const ${END.waits}))
        (then (drop (call $wait (i32.sub (local.get 0) (i32.const ${END.waits}))))))))
  (core instance $d (instantiate $D (with "h" (instance (export "wait" (func $wait'))))))
  (type $own (resource (rep i32) (dtor (core func $d "end"))))
  (export $own' "own-thing" (type $own))
  (core func $new (canon resource.new $own))
  (core func $end (canon resource.drop $own))
  (core module $M
    (import "h" "wait" (func $wait (param i32) (result i32)))
    (import "h" "open" (func $open (result i32)))
    (import "h" "use" (func $use (param i32 i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "end" (func $end (param i32)))
    (memory 1 64)
    (table 4 funcref)
    (global $count (mut i32) (i32.const 0))
    (global $held (mut i32) (i32.const 0))
    (func $up (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.store (i32.const 60000) (i32.add (i32.load (i32.const 60000)) (i32.const 1)))
      (if (i32.ne (global.get $count) (i32.load (i32.const 60000))) (then unreachable))
      (global.get $count))
    (func (export "wait") (param i32) (result i32) (local i32)
      (local.set 1 (global.get $count))
      (drop (call $wait (local.get 0)))
      (if (i32.ne (local.get 1) (global.get $count)) (then unreachable))
      (call $up))
    (func (export "hold") (param i32) (result i32)
      (loop $more
        (i32.store (i32.shl (global.get $held) (i32.const 2)) (call $open))
        (global.set $held (i32.add (global.get $held) (i32.const 1)))
        (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (global.get $held))
    (func (export "let-go") (result i32)
      (loop $more (if (global.get $held) (then
        (global.set $held (i32.sub (global.get $held) (i32.const 1)))
        (call $drop (i32.load (i32.shl (global.get $held) (i32.const 2))))
        (br $more))))
      (global.get $held))
    (func (export "lend") (param i32) (result i32) (local i32)
      (local.set 1 (call $open))
      (drop (call $use (local.get 1) (local.get 0)))
      (call $drop (local.get 1))
      (call $up))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "end") (param i32) (result i32) (call $end (call $new (local.get 0))) (call $up))
    (func (export "grow") (param i32) (result i32) (local i32)
      (local.set 1 (memory.grow (local.get 0)))
      (if (i32.ge_s (local.get 1) (i32.const 0)) (then
        (memory.fill (i32.const 61000) (i32.const 7) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 61000)))))
      (local.get 1))
    (func (export "pages") (result i32) (memory.size))
    (func (export "spin") (param i32) (result i32) (loop (br 0)) (i32.const 0))
    (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "crash") (param i32) (result i32) unreachable)
    (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
    (func (export "peek") (param i32) (result i32) (i32.load (i32.const -8)))
    (func (export "indirect") (param i32) (result i32) (call_indirect (result i32) (i32.const 0))))
  (core instance $m (instantiate $M (with "h" (instance
    (export "wait" (func $wait')) (export "open" (func $open)) (export "use" (func $use)) (export "drop" (func $drop))
    (export "new" (func $new)) (export "end" (func $end))))))
  ${['wait', 'hold', 'lend', 'end', 'grow', 'spin', 'deep', 'crash', 'divide', 'peek', 'indirect']
    .map(
      (name) =>
        `(func (export "${name}") (param "n" u32) (result s32) (canon lift (core func $m "${name}")))`,
    )
    .join('\n')}
  (func (export "let-go") (result s32) (canon lift (core func $m "let-go")))
  (func (export "pages") (result s32) (canon lift (core func $m "pages")))
  (func (export "make") (param "n" u32) (result (own $own')) (canon lift (core func $m "make"))))`;

/** @param restorable whether stores note what they write to */
export async function compileWalker(restorable: boolean): Promise<Component> {
  return await compile(await assemble(WALKER), { restorable });
}
