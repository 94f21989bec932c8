import assert from 'node:assert/strict';
import { assertBytes, box, get, getText, listSorted, makeBytes, put, type CheckDefinition } from './check.ts';
import { strangeNames } from './names.ts';

export const objectChecks: readonly CheckDefinition[] = [
  {
    name: 'an object is read as it was written',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const size of [0, 1, 255, 65_537, 3_000_001]) {
        const content = makeBytes(size);
        await put(blobs, `o${size}`, content);
        assertBytes(await get(blobs, `o${size}`), content, `${size} bytes`);
      }
    },
  },
  {
    name: 'an object that is not there is none',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      assert.equal(await blobs.read(box, 'a'), undefined);
      assert.equal(await blobs.info(box, 'a'), undefined);
      assert.equal(await blobs.has(box, 'a'), false);
      await blobs.delete(box, ['a', 'b']);
      await blobs.delete(box, []);
    },
  },
  {
    name: 'what is known of an object is what was written',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const version = await put(blobs, 'a', 'hello', { contentType: 'text/plain; charset=utf-8' });
      const info = await blobs.info(box, 'a');
      assert.ok(info !== undefined);
      assert.equal(info.name, 'a');
      assert.equal(info.size, 5);
      assert.equal(info.contentType, 'text/plain; charset=utf-8');
      assert.equal(info.version, version);
      for (const time of [info.modified, info.created ?? info.modified]) {
        assert.ok(Number.isInteger(time) && Math.abs(time - Date.now()) < 3_600_000, `at ${time}`);
      }
      const stream = await blobs.read(box, 'a', { offset: 1, length: 1 });
      assert.deepEqual(stream?.info, info);
      await stream.close();
      assert.equal(await blobs.has(box, 'a'), true);
      await put(blobs, 'bare', '');
      const bare = await blobs.info(box, 'bare');
      assert.equal(bare?.size, 0);
      assert.ok(!('contentType' in bare) || bare.contentType === 'application/octet-stream');
    },
  },
  {
    name: 'a write takes the place of the whole object',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'the first and longer one', { contentType: 'text/x-first' });
      const first = await blobs.info(box, 'a');
      await put(blobs, 'a', 'second');
      assert.equal(await getText(blobs, 'a'), 'second');
      const second = await blobs.info(box, 'a');
      assert.equal(second?.size, 6);
      assert.notEqual(second.contentType, 'text/x-first');
      assert.equal(second.created, first?.created);
      assert.deepEqual(await listSorted(blobs), ['a']);
    },
  },
  {
    name: 'every write has a version of its own',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const versions: string[] = [];
      for (let i = 0; i < 3; i++) {
        versions.push(await put(blobs, 'a', 'same'));
        assert.equal((await blobs.info(box, 'a'))?.version, versions.at(-1));
        await getText(blobs, 'a');
        assert.equal((await blobs.info(box, 'a'))?.version, versions.at(-1), 'reading changed it');
      }
      await blobs.delete(box, ['a']);
      versions.push(await put(blobs, 'a', 'same'));
      assert.equal(new Set(versions).size, versions.length, versions.join());
    },
  },
  {
    name: 'what is deleted is gone, and nothing else',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const name of ['a', 'a/b', 'b', 'c']) await put(blobs, name, name);
      await blobs.delete(box, ['a', 'missing', 'b']);
      for (const name of ['a', 'b']) {
        assert.equal(await blobs.has(box, name), false, name);
        assert.equal(await get(blobs, name), undefined, name);
      }
      for (const name of ['a/b', 'c']) assert.equal(await getText(blobs, name), name);
      assert.deepEqual(await listSorted(blobs), ['a/b', 'c']);
    },
  },
  {
    name: 'a container that is cleared is empty, and still there',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await blobs.createContainer('other');
      await put(blobs, 'stays', 'x', {}, 'other');
      for (let i = 0; i < 20; i++) await put(blobs, `o${i}`, 'x');
      await blobs.clear(box);
      assert.deepEqual(await listSorted(blobs), []);
      assert.equal(await blobs.has(box, 'o7'), false);
      assert.equal(await blobs.containerExists(box), true);
      assert.equal(await blobs.has('other', 'stays'), true);
      await put(blobs, 'o1', 'again');
      assert.deepEqual(await listSorted(blobs), ['o1']);
    },
  },
  {
    name: 'objects keep apart, whatever their names',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const names = [...strangeNames, 'y'.repeat(1_024), `${'y'.repeat(1_023)}z`];
      for (const name of names) await put(blobs, name, `of ${name}`);
      for (const name of names) {
        assert.equal(await getText(blobs, name), `of ${name}`, JSON.stringify(name));
        assert.equal((await blobs.info(box, name))?.name, name);
      }
      assert.deepEqual(await listSorted(blobs), names.toSorted());
      await blobs.delete(box, names);
      assert.deepEqual(await listSorted(blobs), []);
    },
  },
];
