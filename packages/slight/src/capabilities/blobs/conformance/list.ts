import assert from 'node:assert/strict';
import { compareUtf8 } from '../../core/order.ts';
import { assertFails, box, listPages, listSorted, put, type CheckDefinition } from './check.ts';

export const listChecks: readonly CheckDefinition[] = [
  {
    name: 'a listing says what the objects are, by prefix',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      assert.deepEqual(await blobs.list(box), { objects: [] });
      for (const name of ['a', 'a/1', 'a/22', 'A/3', 'b', '%a', 'ä']) await put(blobs, name, name);
      assert.deepEqual(await listSorted(blobs, { prefix: 'a' }), ['a', 'a/1', 'a/22']);
      assert.deepEqual(await listSorted(blobs, { prefix: 'a/' }), ['a/1', 'a/22']);
      assert.deepEqual(await listSorted(blobs, { prefix: '%' }), ['%a']);
      assert.deepEqual(await listSorted(blobs, { prefix: 'none' }), []);
      const { objects } = await blobs.list(box, { prefix: 'a/2' });
      const info = (await blobs.info(box, 'a/22'))!;
      assert.deepEqual(objects, [{ name: 'a/22', size: 4, modified: info.modified }]);
    },
  },
  {
    name: 'every object is on one of the pages',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const names = Array.from({ length: 23 }, (_, i) => `o${i}`).toSorted();
      for (const name of names) await put(blobs, name, 'x');
      for (const limit of [1, 2, 3, 23, 24, 1_000]) {
        const pages = await listPages(blobs, { limit });
        assert.deepEqual([...new Set(pages.flat())].toSorted(), names, `pages of ${limit}`);
      }
      assert.ok((await listPages(blobs, { limit: 2 })).length > 3, 'no pages');
    },
  },
  {
    name: 'what comes and goes between pages hides nothing that stays',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const staying = Array.from({ length: 12 }, (_, i) => `m${String(i).padStart(2, '0')}`);
      const going = Array.from({ length: 6 }, (_, i) => `a${i}`);
      for (const name of [...staying, ...going]) await put(blobs, name, 'x');
      let step = 0;
      const pages = await listPages(blobs, { limit: 3 }, async () => {
        await blobs.delete(box, going.slice(2 * step, 2 * step + 2));
        await put(blobs, `a-new${step}`, 'x');
        await put(blobs, `z-new${step++}`, 'x');
        if (step > 40) await blobs.clear(box);
      });
      const found = new Set(pages.flat());
      assert.deepEqual(
        staying.filter((name) => !found.has(name)),
        [],
      );
    },
  },
  {
    name: 'a cursor that no page gave is invalid-argument',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const cursor of ['', '{"a":', '\0', 'x'.repeat(4_097)]) {
        await assertFails('invalid-argument', JSON.stringify(cursor.slice(0, 9)), () =>
          blobs.list(box, { cursor }),
        );
        await assertFails('invalid-argument', JSON.stringify(cursor.slice(0, 9)), () =>
          blobs.listContainers({ cursor }),
        );
      }
    },
  },
  {
    name: 'a listing is in the order of UTF-8 bytes',
    needs: ['ordered'],
    async run({ open }) {
      const blobs = await open();
      const names = ['b', 'a', 'B', 'a/b', 'a.b', 'ä', '\uffff', '🌍', '10', '9', 'z'];
      for (const name of names) {
        await put(blobs, name, 'x');
        await blobs.createContainer(name);
      }
      for (const limit of [2, 100])
        assert.deepEqual((await listPages(blobs, { limit })).flat(), names.toSorted(compareUtf8));
      const { containers } = await blobs.listContainers();
      assert.deepEqual(containers, [...names, box].toSorted(compareUtf8));
    },
  },
];
