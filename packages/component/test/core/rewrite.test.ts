import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import fc from 'fast-check';

import { assemble } from '../../../../test/guests/wat.ts';
import { rewriteModule } from '../../src/core/rewrite.ts';
import { makeGuest } from './guest.ts';
import { SAMPLES } from './samples.ts';

suite('rewriting', () => {
  for (const noteStores of [false, true])
    for (const { name, wat, run } of SAMPLES) {
      test(`keeps what a module does${noteStores ? ', stores noted' : ''}: ${name}`, async () => {
        const bytes = await assemble(wat);
        const rewritten = rewriteModule(bytes, noteStores);
        if (rewritten !== undefined) assert.ok(WebAssembly.validate(rewritten.bytes));
        const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
        for (const exported of run ?? []) {
          const inputs = fc.sample(fc.integer(), { numRuns: 20, seed: 1 });
          for (const input of [0, 1, -1, 2, 255, ...inputs]) {
            // Fresh instances, so that state left behind by one input does not hide a difference on the next.
            const original = new WebAssembly.Instance(module).exports[exported] as (n: number) => unknown;
            const guest = await makeGuest(bytes, { noteStores });
            guest.start?.();
            assert.equal(guest.exports[exported](input), original(input), `${exported}(${input})`);
          }
        }
      });
    }

  test('leaves a module alone that has nothing to limit', async () => {
    const bytes = await assemble(`(module
      (table (export "t") 1 funcref)
      (func $add (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "f") (param i32) (result i32) (call $add (call $add (local.get 0)))))`);
    assert.equal(rewriteModule(bytes), undefined);
  });

  test('adds no more than the module needs', async () => {
    const shapeOf = async (wat: string) => rewriteModule(await assemble(wat))!.shape;
    const busy = await shapeOf('(module (memory 1) (func (loop (br_if 0 (memory.grow (i32.const 1))))))');
    assert.deepEqual([busy.interruptible, busy.sized, busy.start], [true, [0], false]);
    const quiet = await shapeOf('(module (memory 1) (func $s) (start $s))');
    assert.deepEqual([quiet.interruptible, quiet.sized, quiet.start], [false, [], true]);
  });

  test('chooses names that the guest does not use', async () => {
    const { exports, start } = await makeGuest(
      `(module
        (import "spiderlightning" "flag" (func $flag (result i32)))
        (import "spiderlightning'" "memory0" (global $g i32))
        (memory 1)
        (global $started (mut i32) (i32.const 0))
        (func $start (global.set $started (i32.const 1)))
        (start $start)
        (func (export "spiderlightning''/functions") (result i32) (global.get $started))
        (func (export "sum") (result i32)
          (loop (br_if 0 (i32.eqz (memory.size))))
          (i32.add (call $flag) (global.get $g))))`,
      { imports: { spiderlightning: { flag: () => 40 }, "spiderlightning'": { memory0: 2 } } },
    );
    start!();
    assert.equal(exports['sum'](), 42);
    assert.equal(exports["spiderlightning''/functions"](), 1);
  });

  test('hides what it added', async () => {
    const { exports } = await makeGuest(
      '(module (memory 1) (func $s) (start $s) (func (export "f") (loop (drop (memory.size)))))',
    );
    assert.deepEqual(Object.keys(exports), ['f']);
  });

  test('keeps custom sections that stay true, drops those that speak of places in the code', async () => {
    const section = (name: string, content: readonly number[]) => {
      const text = new TextEncoder().encode(name);
      return [0, text.length + 1 + content.length, text.length, ...text, ...content];
    };
    const bytes = await assemble('(module (memory 1) (func $named))');
    const dropped = ['.debug_info', 'sourceMappingURL', 'metadata.code.branch_hint', 'spiderlightning.shape'];
    const { bytes: rewritten } = rewriteModule(
      new Uint8Array([
        ...bytes,
        ...section('producers', [0]),
        ...dropped.flatMap((name) => section(name, [9])),
      ]),
    )!;
    const module = new WebAssembly.Module(rewritten);
    const count = (name: string) => WebAssembly.Module.customSections(module, name).length;
    assert.deepEqual(['producers', 'name', ...dropped].map(count), [1, 1, 0, 0, 0, 1]);
  });
});
