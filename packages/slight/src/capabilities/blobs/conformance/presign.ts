import assert from 'node:assert/strict';
import { refuses } from '../../core/check.ts';
import type { Blobs } from '../contract.ts';
import {
  assertFails,
  box,
  put,
  type CheckDefinition,
  type CheckTools,
  type RefusalDefinition,
} from './check.ts';

export const presignChecks: readonly CheckDefinition[] = [
  {
    name: 'who has a URL reads that object with it, and needs nothing else',
    needs: ['presign'],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a b', 'for everybody');
      await put(blobs, 'other', 'for nobody');
      const read = await blobs.presign(box, 'a b', { method: 'read', expires: 60_000 });
      const write = await blobs.presign(box, 'a b', { method: 'write', expires: 60_000 });
      assert.equal(await (await fetch(read)).text(), 'for everybody');
      assert.notEqual(write, read, 'whoever may read may write');
      for (const expires of [0, 8 * 24 * 3_600_000, Number.NaN]) {
        await assertFails('invalid-argument', `${expires} ms`, () =>
          blobs.presign(box, 'a', { method: 'read', expires }),
        );
      }
    },
  },
];

const guard = { fence: { lock: 'lock', token: '1' } };
const openOne = ({ open }: CheckTools) => open();

export const unsupportedChecks: readonly RefusalDefinition[] = [
  refuses('only-if-absent', openOne, {
    write: (blobs: Blobs) => blobs.write(box, 'a', { onlyIfAbsent: true }),
  }),
  refuses('if-version', openOne, { write: (blobs: Blobs) => blobs.write(box, 'a', { ifVersion: '1' }) }),
  refuses('fence', openOne, {
    write: (blobs: Blobs) => blobs.write(box, 'a', guard),
    delete: (blobs: Blobs) => blobs.delete(box, ['a'], guard),
    copy: (blobs: Blobs) => blobs.copy({ container: box, name: 'a' }, { container: box, name: 'b' }, guard),
    move: (blobs: Blobs) => blobs.move({ container: box, name: 'a' }, { container: box, name: 'b' }, guard),
  }),
  refuses('presign', openOne, {
    presign: (blobs: Blobs) => blobs.presign(box, 'a', { method: 'read', expires: 60_000 }),
  }),
];
