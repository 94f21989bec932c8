import assert from 'node:assert/strict';
import { CapabilityError, type ErrorCode } from '../../core/error.ts';
import { assertFails, box, bytes, getText, put, type CheckDefinition } from './check.ts';
import type { Blobs, WriteOptions } from '../contract.ts';

/** Writes at once: which of them were finished. The others must fail with one of the codes. */
async function race(blobs: Blobs, options: WriteOptions, codes: readonly ErrorCode[]): Promise<string[]> {
  const names = Array.from({ length: 8 }, (_, i) => `writer ${i}`);
  const done = await Promise.all(
    names.map(async (name) => {
      try {
        const stream = await blobs.write(box, 'a', options);
        await stream.write(bytes(name));
        await stream.finish();
        return [name];
      } catch (error) {
        if (error instanceof CapabilityError && codes.includes(error.code)) return [];
        throw error;
      }
    }),
  );
  return done.flat();
}

export const conditionChecks: readonly CheckDefinition[] = [
  {
    name: 'only-if-absent writes where nothing is, and nowhere else',
    needs: ['only-if-absent'],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'first', { onlyIfAbsent: true });
      const version = (await blobs.info(box, 'a'))?.version;
      await assertFails('already-exists', 'write', () => put(blobs, 'a', 'second', { onlyIfAbsent: true }));
      assert.equal(await getText(blobs, 'a'), 'first');
      assert.equal((await blobs.info(box, 'a'))?.version, version);
      await blobs.delete(box, ['a']);
      await put(blobs, 'a', 'third', { onlyIfAbsent: true });
      assert.equal(await getText(blobs, 'a'), 'third');
    },
  },
  {
    name: 'only-if-absent looks when the write is finished',
    needs: ['only-if-absent'],
    async run({ open }) {
      const blobs = await open();
      const slow = await blobs.write(box, 'a', { onlyIfAbsent: true });
      await slow.write(bytes('slow'));
      await put(blobs, 'a', 'quick');
      await assertFails('already-exists', 'finish', () => slow.finish());
      assert.equal(await getText(blobs, 'a'), 'quick');
    },
  },
  {
    name: 'of writers that each want to be the first, one is',
    needs: ['only-if-absent'],
    async run({ open }) {
      const blobs = await open();
      const done = await race(blobs, { onlyIfAbsent: true }, ['already-exists', 'aborted']);
      assert.equal(done.length, 1, done.join());
      assert.equal(await getText(blobs, 'a'), done[0]);
    },
  },
  {
    name: 'if-version writes over this version alone',
    needs: ['if-version'],
    async run({ open }) {
      const blobs = await open();
      const first = await put(blobs, 'a', 'same');
      const second = await put(blobs, 'a', 'same');
      const stale = () => put(blobs, 'a', 'stale', { ifVersion: first });
      await assertFails('precondition-failed', 'an old version of the same bytes', stale);
      const third = await put(blobs, 'a', 'third', { ifVersion: second });
      assert.equal((await blobs.info(box, 'a'))?.version, third);
      await blobs.delete(box, ['a']);
      const gone = () => put(blobs, 'a', 'gone', { ifVersion: third });
      await assertFails('precondition-failed', 'an object that is gone', gone);
      assert.equal(await blobs.has(box, 'a'), false);
    },
  },
  {
    name: 'if-version looks when the write is finished',
    needs: ['if-version'],
    async run({ open }) {
      const blobs = await open();
      const ifVersion = await put(blobs, 'a', 'first');
      const slow = await blobs.write(box, 'a', { ifVersion });
      await slow.write(bytes('slow'));
      await put(blobs, 'a', 'quick');
      await assertFails('precondition-failed', 'finish', () => slow.finish());
      assert.equal(await getText(blobs, 'a'), 'quick');
    },
  },
  {
    name: 'of writers over one version, one is let through',
    needs: ['if-version'],
    async run({ open }) {
      const blobs = await open();
      const ifVersion = await put(blobs, 'a', 'before');
      const done = await race(blobs, { ifVersion }, ['precondition-failed', 'aborted']);
      assert.equal(done.length, 1, done.join());
      assert.equal(await getText(blobs, 'a'), done[0]);
    },
  },
  {
    name: 'conditions that exclude each other are invalid-argument',
    needs: ['only-if-absent', 'if-version'],
    async run({ open }) {
      const blobs = await open();
      const both = { onlyIfAbsent: true, ifVersion: 'x' };
      await assertFails('invalid-argument', 'both', () => put(blobs, 'a', 'x', both));
      await assertFails('invalid-argument', 'no version', () => put(blobs, 'a', 'x', { ifVersion: '' }));
    },
  },
];
