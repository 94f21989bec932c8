import assert from 'node:assert/strict';
import { assertFails, box, getText, listSorted, put, type CheckDefinition } from './check.ts';

const at = (name: string, container = box) => ({ container, name });

export const copyChecks: readonly CheckDefinition[] = [
  {
    name: 'a copy has bytes and type, and a life of its own',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await blobs.createContainer('other');
      await put(blobs, 'b', 'what is there', { contentType: 'text/x-before' });
      const version = await put(blobs, 'a', 'bytes', { contentType: 'text/x-type' });
      await blobs.copy(at('a'), at('b'));
      await blobs.copy(at('a'), at('a', 'other'));
      assert.equal((await blobs.info(box, 'a'))?.version, version, 'the source changed');
      for (const [container, name] of [
        [box, 'b'],
        ['other', 'a'],
      ] as const) {
        const info = await blobs.info(container, name);
        assert.equal(info?.contentType, 'text/x-type');
        assert.equal(info.size, 5);
      }
      await put(blobs, 'a', 'changed');
      assert.equal(await getText(blobs, 'b'), 'bytes');
      await blobs.delete(box, ['a']);
      assert.equal(await getText(blobs, 'a', 'other'), 'bytes');
    },
  },
  {
    name: 'an object that is moved is in one place',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await blobs.createContainer('other');
      await put(blobs, 'b', 'what is there');
      const version = (await blobs.info(box, 'b'))?.version;
      await put(blobs, 'a', 'bytes', { contentType: 'text/x-type' });
      await blobs.move(at('a'), at('b'));
      assert.deepEqual(await listSorted(blobs), ['b']);
      assert.equal(await getText(blobs, 'b'), 'bytes');
      assert.notEqual((await blobs.info(box, 'b'))?.version, version);
      await blobs.move(at('b'), at('c/d', 'other'));
      assert.deepEqual(await listSorted(blobs), []);
      assert.equal(await blobs.has(box, 'b'), false);
      assert.equal(await getText(blobs, 'c/d', 'other'), 'bytes');
      assert.equal((await blobs.info('other', 'c/d'))?.contentType, 'text/x-type');
    },
  },
  {
    name: 'what is not there is neither copied nor moved',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'b', 'stays');
      await assertFails('not-found', 'copy', () => blobs.copy(at('a'), at('b')));
      await assertFails('not-found', 'move', () => blobs.move(at('a'), at('b')));
      await assertFails('not-found', 'move onto itself', () => blobs.move(at('a'), at('a')));
      assert.equal(await getText(blobs, 'b'), 'stays');
    },
  },
  {
    name: 'an object that is copied or moved onto itself is still there',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const version = await put(blobs, 'a', 'bytes', { contentType: 'text/x-type' });
      await blobs.move(at('a'), at('a'));
      assert.equal((await blobs.info(box, 'a'))?.version, version);
      assert.equal(await getText(blobs, 'a'), 'bytes');
      await blobs.copy(at('a'), at('a'));
      assert.equal(await getText(blobs, 'a'), 'bytes');
      assert.equal((await blobs.info(box, 'a'))?.contentType, 'text/x-type');
    },
  },
];
