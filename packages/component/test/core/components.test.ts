import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { compile } from '@spiderlightning/component';
import type { HostImports, Instance } from '@spiderlightning/component';

import { assemble } from '../../../../test/guests/wat.ts';

async function make(wat: string, imports: HostImports = {}): Promise<Instance> {
  return await (await compile(await assemble(wat))).instantiate(imports);
}

/** Runs a call that never ends by itself, and counts the turns of the event loop meanwhile. */
async function endBusy(instance: Instance, name: string, args: readonly unknown[] = []): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    await assert.rejects(instance.call(name, args, { cpu: 60 }), { trap: 'cpu' });
  } finally {
    clearInterval(timer);
  }
  return turns;
}

const REALLOC = `
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)`;

suite('a busy component', () => {
  test('lets others run while a component inside it loops', async () => {
    const instance = await make(`(component
      (component $inner
        (core module $m
          ${REALLOC} (i32.const 64))
          (func (export "spin") (param i32 i32) (result i32) (loop (br 0)) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export "spin") (param "text" string) (result u32)
          (canon lift (core func $i "spin") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
      (instance $inner (instantiate $inner))
      (core module $memory ${REALLOC} (i32.const 64)))
      (core instance $memory (instantiate $memory))
      (core func $spin (canon lower (func $inner "spin") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
      (core module $m
        (import "inner" "spin" (func $spin (param i32 i32) (result i32)))
        (func (export "run") (result i32) (call $spin (i32.const 8) (i32.const 3))))
      (core instance $m (instantiate $m (with "inner" (instance (export "spin" (func $spin))))))
      (func (export "run") (result u32) (canon lift (core func $m "run"))))`);
    assert.ok((await endBusy(instance, 'run')) > 0, 'no timer fired');
  });

  test('ends where it loops in its allocator', async () => {
    const instance = await make(`(component
      (core module $m
        ${REALLOC} (loop (br 0)) (i32.const 0))
        (func (export "run") (param i32 i32)))
      (core instance $m (instantiate $m))
      (func (export "run") (param "text" string)
        (canon lift (core func $m "run") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))`);
    await endBusy(instance, 'run', ['text']);
  });

  test('ends where it loops in its allocator after a host function answered later', async () => {
    const instance = await make(
      `(component
        (import "read" (func $read (result string)))
        (core module $libc ${REALLOC} (loop (br 0)) (i32.const 0)))
        (core instance $libc (instantiate $libc))
        (core func $read (canon lower (func $read) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core module $m
          (import "host" "read" (func $read (param i32)))
          (func (export "run") (call $read (i32.const 8))))
        (core instance $m (instantiate $m (with "host" (instance (export "read" (func $read))))))
        (func (export "run") (canon lift (core func $m "run"))))`,
      { read: () => new Promise((resolve) => setImmediate(resolve, 'later')) },
    );
    await endBusy(instance, 'run');
  });

  test('ends where it loops behind a host function that answered later, and lets others run', async () => {
    const instance = await make(
      `(component
        (import "pause" (func $pause))
        (core func $pause (canon lower (func $pause)))
        (core module $m
          (import "host" "pause" (func $pause))
          (func (export "run") (call $pause) (loop (br 0))))
        (core instance $m (instantiate $m (with "host" (instance (export "pause" (func $pause))))))
        (func (export "run") (canon lift (core func $m "run"))))`,
      { pause: () => new Promise((resolve) => setImmediate(resolve)) },
    );
    assert.ok((await endBusy(instance, 'run')) > 0, 'no timer fired');
  });

  test('ends where it loops after its result', async () => {
    const instance = await make(`(component
      (core module $m
        ${REALLOC} (i32.const 64))
        (func (export "run") (result i32) (i32.const 8))
        (func (export "after") (param i32) (loop (br 0))))
      (core instance $m (instantiate $m))
      (func (export "run") (result string)
        (canon lift (core func $m "run") (memory (core memory $m "memory")) (post-return (core func $m "after")))))`);
    await endBusy(instance, 'run');
  });

  test('ends where it loops while it starts', async () => {
    const component = await compile(
      await assemble(`(component
        (core module $m (func $start (loop (br 0))) (start $start))
        (core instance (instantiate $m)))`),
    );
    // The bound is one of wall-clock time too.
    await assert.rejects(component.instantiate({}, { cpu: 60 }), (error: any) =>
      ['cpu', 'deadline'].includes(error.trap),
    );
  });

  test('cannot name what the rewriting added', async () => {
    const bytes = await assemble(`(component
      (core module $m (memory 1) (func (export "f") (loop (drop (memory.grow (i32.const 1))))))
      (core instance $m (instantiate $m))
      (alias core export $m "spiderlightning/functions" (core table $t)))`);
    await assert.rejects(compile(bytes), { name: 'ComponentError', code: 'invalid' });
  });
});
