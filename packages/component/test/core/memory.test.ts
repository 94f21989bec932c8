import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { PAGE } from '../../src/core/memory.ts';
import { makeGuest } from './guest.ts';

const GROWING = `(module
  (memory (export "memory") 1)
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "bomb") (result i32)
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size)))`;

suite('memory', () => {
  test('grows up to the limit, answers -1 beyond it, and stays usable', async () => {
    const { exports, limits } = await makeGuest(GROWING, { memory: 4 * PAGE });
    assert.equal(exports['grow'](1), 1);
    assert.equal(exports['grow'](3), -1);
    assert.equal(exports['grow'](-1), -1);
    assert.equal(exports['size'](), 2);
    assert.equal(exports['bomb'](), 4);
    assert.equal(exports['grow'](0), 4);
    exports['store'](4 * PAGE - 1, 7);
    assert.equal(exports['load'](4 * PAGE - 1), 7);
    assert.throws(() => exports['load'](4 * PAGE), WebAssembly.RuntimeError);
    assert.equal(limits.memoryBytes, 4 * PAGE);
  });

  test('has its limit for each instance, not for the module', async () => {
    const small = await makeGuest(GROWING, { memory: 2 * PAGE });
    const large = await makeGuest(GROWING, { memory: 9 * PAGE });
    assert.equal(small.exports['bomb'](), 2);
    assert.equal(large.exports['bomb'](), 9);
  });

  test('keeps the maximum that the module declared', async () => {
    const { exports } = await makeGuest(GROWING.replace('") 1)', '") 1 3)'), { memory: 9 * PAGE });
    assert.equal(exports['bomb'](), 3);
  });

  test('cannot be made larger from outside either', async () => {
    const { exports } = await makeGuest(GROWING, { memory: 2 * PAGE });
    assert.throws(() => exports['memory'].grow(2), RangeError);
  });

  test('that begins above the limit is refused with the number to set', async () => {
    await assert.rejects(makeGuest('(module (memory 17))', { memory: 16 * PAGE }), {
      name: 'ComponentError',
      code: 'link',
      message: /1114112 bytes, and the limit is 1048576: raise/,
    });
  });

  test('of 64 bits has the same limit', async () => {
    const { exports } = await makeGuest(
      `(module
        (memory i64 1)
        (func (export "size") (result i64) (memory.size))
        (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))`,
      { memory: 3 * PAGE },
    );
    assert.equal(exports['grow'](1n), 1n);
    assert.equal(exports['grow'](2n), -1n);
    assert.equal(exports['grow'](-1n), -1n);
    assert.equal(exports['size'](), 2n);
  });

  test('shared by two modules has one size in both', async () => {
    const owner = await makeGuest(GROWING, { memory: 4 * PAGE });
    const other = await makeGuest(
      `(module
        (import "owner" "memory" (memory $theirs 1))
        (memory $own 1)
        (func (export "size") (result i32) (memory.size $theirs))
        (func (export "size-own") (result i32) (memory.size $own))
        (func (export "grow") (param i32) (result i32) (memory.grow $theirs (local.get 0))))`,
      { imports: { owner: owner.exports }, limits: owner.limits },
    );
    assert.equal(other.exports['grow'](2), 1);
    assert.equal(owner.exports['size'](), 3);
    assert.equal(owner.exports['grow'](1), 3);
    assert.equal(other.exports['size'](), 4);
    assert.equal(other.exports['grow'](1), -1);
    assert.equal(other.exports['size-own'](), 1);
    assert.equal(owner.limits.memoryBytes, 5 * PAGE);
  });

  test('that nobody keeps is refused', async () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    await assert.rejects(
      makeGuest('(module (import "a" "m" (memory 1)) (func (drop (memory.size))))', {
        imports: { a: { m: memory } },
      }),
      { code: 'link' },
    );
  });

  test('more than a hundred in one instance are refused', async () => {
    await assert.rejects(makeGuest(`(module ${'(memory 0)'.repeat(101)})`), {
      code: 'link',
      message: /more than 100/,
    });
  });

  test('segments are written before anything runs', async () => {
    const { exports } = await makeGuest(`(module
      (memory 1) (data (i32.const 3) "x")
      (func (export "load") (result i32) (i32.load8_u (i32.const 3))))`);
    assert.equal(exports['load'](), 'x'.charCodeAt(0));
  });
});
