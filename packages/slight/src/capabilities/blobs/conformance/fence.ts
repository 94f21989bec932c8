import assert from 'node:assert/strict';
import { assertFails, box, bytes, getText, put, type CheckDefinition } from './check.ts';

const under = (token: string, lock = 'lock') => ({ fence: { lock, token } });
const needs = ['fence'] as const;
const at = (name: string) => ({ container: box, name });

export const fenceChecks: readonly CheckDefinition[] = [
  {
    name: 'a write with an older token is refused, whatever it does',
    needs,
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'nine', under('9'));
      await put(blobs, 'a', 'ten', under('10'));
      await put(blobs, 'b', 'free');
      const calls: { readonly [operation: string]: () => unknown } = {
        write: () => put(blobs, 'a', 'late', under('9')),
        delete: () => blobs.delete(box, ['b', 'a'], under('9')),
        'copy onto it': () => blobs.copy(at('b'), at('a'), under('9')),
        'move onto it': () => blobs.move(at('b'), at('a'), under('9')),
        'move it': () => blobs.move(at('a'), at('c'), under('9')),
      };
      for (const [operation, call] of Object.entries(calls)) {
        await assertFails('precondition-failed', operation, call);
        assert.equal(await getText(blobs, 'a'), 'ten', operation);
        assert.equal(await getText(blobs, 'b'), 'free', operation);
      }
      await put(blobs, 'a', 'the same holder', under('10'));
      await blobs.copy(at('b'), at('a'), under('18446744073709551615'));
      await assertFails('precondition-failed', 'write', () => put(blobs, 'a', 'late', under('11')));
      assert.equal(await getText(blobs, 'a'), 'free');
    },
  },
  {
    name: 'a fence is looked at when the write is finished, before its conditions',
    needs: ['fence', 'only-if-absent'],
    async run({ open }) {
      const blobs = await open();
      const slow = await blobs.write(box, 'a', { ...under('1'), onlyIfAbsent: true });
      await slow.write(bytes('slow'));
      await put(blobs, 'a', 'quick', under('2'));
      await assertFails('precondition-failed', 'finish', () => slow.finish());
      assert.equal(await getText(blobs, 'a'), 'quick');
    },
  },
  {
    name: 'a token is remembered when the object is gone',
    needs,
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'x', under('5'));
      await blobs.delete(box, ['a'], under('6'));
      await assertFails('precondition-failed', 'write', () => put(blobs, 'a', 'late', under('5')));
      assert.equal(await blobs.has(box, 'a'), false);
      await blobs.clear(box);
      await assertFails('precondition-failed', 'write', () => put(blobs, 'a', 'late', under('5')));
      const other = await open();
      await assertFails('precondition-failed', 'write', () => put(other, 'a', 'late', under('5')));
    },
  },
  {
    name: 'a fence guards its own object, and a lock the tokens of its own',
    needs,
    async run({ open }) {
      const blobs = await open();
      await blobs.createContainer('other');
      await put(blobs, 'a', 'x', under('5'));
      await put(blobs, 'b', 'x', under('4'));
      await put(blobs, 'a', 'x', under('4'), 'other');
      await put(await open('second'), 'a', 'x', under('4'));
      await put(blobs, 'a', 'other lock', under('4', 'other'));
      await put(blobs, 'a', 'no fence');
      assert.equal(await getText(blobs, 'a'), 'no fence');
      await assertFails('precondition-failed', 'write', () => put(blobs, 'a', 'late', under('4')));
    },
  },
  {
    name: 'a fence that cannot be is invalid-argument',
    needs,
    async run({ open }) {
      const blobs = await open();
      for (const token of ['', '-1', '1.5', '01', 'x', '18446744073709551616'])
        await assertFails('invalid-argument', token, () => blobs.write(box, 'a', under(token)));
      for (const lock of ['', 'x'.repeat(1_025), '\ud800'])
        await assertFails('invalid-argument', 'lock', () => blobs.delete(box, ['a'], under('1', lock)));
    },
  },
];
