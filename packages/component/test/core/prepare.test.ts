import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { assemble } from '../../../../test/guests/wat.ts';
import { prepareModule } from '../../src/core/prepare.ts';

suite('prepareModule', () => {
  test('refuses a module that is invalid alone, even if rewriting would make it valid', async () => {
    // A call of function 1 where the module has one function: the rewritten module has more.
    const reaching = new Uint8Array([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 12, 1, 10, 0, 0x03, 0x40, 0x10, 1,
      0x0c, 0, 0x0b, 0x0b, 0x01,
    ]);
    const body = [0, 0x03, 0x40, 0x10, 1, 0x0c, 0, 0x0b, 0x0b];
    const bytes = new Uint8Array([...reaching.subarray(0, 18), 10, body.length + 2, 1, body.length, ...body]);
    await assert.rejects(prepareModule(bytes), { code: 'invalid', message: /function index #1/ });
    await assert.rejects(prepareModule(bytes, { limits: false }), { code: 'invalid' });
    // The same, reaching for the memory of the flag.
    const memory = [0, 0x03, 0x40, 0x0b, 0x41, 0, 0x41, 0, 0x36, 2, 0, 0x0b];
    const storing = new Uint8Array([
      ...bytes.subarray(0, 18),
      10,
      memory.length + 2,
      1,
      memory.length,
      ...memory,
    ]);
    await assert.rejects(prepareModule(storing), { code: 'invalid', message: /memory index 0/ });
  });

  for (const [what, wat, name] of [
    [
      'memory.atomic.wait32',
      '(memory 1) (func (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0))))',
      /memory\.atomic\.wait32/,
    ],
    [
      'memory.atomic.wait64',
      '(memory 1) (func (drop (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 0))))',
      /memory\.atomic\.wait64/,
    ],
    ['a shared memory', '(memory 1 1 shared)', /a shared memory/],
    ['a shared memory that is imported', '(import "a" "b" (memory 1 1 shared))', /a shared memory/],
  ] as const) {
    test(`refuses ${what} by name`, async () => {
      const bytes = await assemble(`(module ${wat})`);
      await assert.rejects(prepareModule(bytes), { code: 'unsupported', message: name });
    });
  }

  test('leaves everything as it is without limits', async () => {
    const bytes = await assemble('(module (memory 1) (func (loop)))');
    assert.deepEqual(await prepareModule(bytes, { limits: false }), { bytes, shape: undefined });
  });

  test('keeps rewritten modules, and those that need no rewriting, by their content', async () => {
    const kept = new Map<string, Uint8Array>();
    const asked: string[] = [];
    const cache = {
      get(key: string) {
        asked.push(key);
        return kept.get(key);
      },
      set(key: string, bytes: Uint8Array) {
        kept.set(key, bytes);
      },
    };
    for (const wat of ['(module (memory 1) (func (loop (drop (memory.size)))))', '(module (func))']) {
      const bytes = await assemble(wat);
      const first = await prepareModule(bytes, { cache });
      const second = await prepareModule(bytes, { cache });
      assert.deepEqual(second, first);
      assert.equal(asked.at(-1), asked.at(-2));
      assert.match(asked.at(-1)!, /^[0-9a-f]{64}-\d+$/);
    }
    assert.equal(kept.size, 2);
  });

  test('rewrites anew where the cache has something broken', async () => {
    const bytes = await assemble('(module (memory 1))');
    const cache = { get: () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 9]), set: () => {} };
    assert.deepEqual(await prepareModule(bytes, { cache }), await prepareModule(bytes));
  });
});
