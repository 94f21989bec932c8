import assert from 'node:assert/strict';
import { assertFails, box, bytes, get, getText, listContainers, put, type CheckDefinition } from './check.ts';
import { strangeNames } from './names.ts';

export const containerChecks: readonly CheckDefinition[] = [
  {
    name: 'a container is there from its creation to its deletion',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      assert.equal(await blobs.containerExists('c'), false);
      assert.equal(await blobs.containerInfo('c'), undefined);
      await blobs.createContainer('c');
      assert.equal(await blobs.containerExists('c'), true);
      const info = await blobs.containerInfo('c');
      assert.equal(info?.name, 'c');
      const created = info.created ?? Date.now();
      assert.ok(Math.abs(created - Date.now()) < 3_600_000, `created at ${created}`);
      await blobs.deleteContainer('c');
      assert.equal(await blobs.containerExists('c'), false);
      assert.equal(await blobs.containerInfo('c'), undefined);
      await blobs.deleteContainer('c');
    },
  },
  {
    name: 'a container that is there is not created once more',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'stays');
      await assertFails('already-exists', 'create', () => blobs.createContainer(box));
      assert.equal(await getText(blobs, 'a'), 'stays');
    },
  },
  {
    name: 'a container goes with all that is in it',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const name of ['a', 'b/c']) await put(blobs, name, 'x');
      await blobs.deleteContainer(box);
      await blobs.createContainer(box);
      assert.equal(await blobs.has(box, 'a'), false);
      assert.deepEqual((await blobs.list(box)).objects, []);
    },
  },
  {
    name: 'what uses a container that is not there is not-found',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'a', 'x');
      const here = { container: box, name: 'a' };
      const there = { container: 'gone', name: 'a' };
      const calls: { readonly [operation: string]: () => unknown } = {
        read: () => blobs.read('gone', 'a'),
        write: () => put(blobs, 'a', 'x', {}, 'gone'),
        delete: () => blobs.delete('gone', ['a']),
        has: () => blobs.has('gone', 'a'),
        info: () => blobs.info('gone', 'a'),
        list: () => blobs.list('gone'),
        clear: () => blobs.clear('gone'),
        'copy from it': () => blobs.copy(there, here),
        'copy to it': () => blobs.copy(here, there),
        'move from it': () => blobs.move(there, here),
        'move to it': () => blobs.move(here, there),
      };
      for (const [operation, call] of Object.entries(calls)) await assertFails('not-found', operation, call);
      assert.equal(await getText(blobs, 'a'), 'x');
      assert.equal(await blobs.containerExists('gone'), false);
    },
  },
  {
    name: 'containers are listed, by prefix, a page at a time',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const names = ['p', 'p1', 'p2', 'p3', 'q', 'P4'];
      for (const name of names) await blobs.createContainer(name);
      for (const limit of [1, 2, 100]) {
        assert.deepEqual(await listContainers(blobs, { limit }), [...names, box].toSorted());
        assert.deepEqual(await listContainers(blobs, { limit, prefix: 'p' }), ['p', 'p1', 'p2', 'p3']);
      }
      assert.ok((await blobs.listContainers({ limit: 2 })).containers.length < names.length, 'no pages');
    },
  },
  {
    name: 'containers share no objects, whatever their names',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const name of strangeNames) {
        await blobs.createContainer(name);
        await put(blobs, 'o', name, {}, name);
      }
      for (const name of strangeNames)
        assert.equal(await getText(blobs, 'o', name), name, JSON.stringify(name));
      assert.deepEqual(await listContainers(blobs), [...strangeNames, box].toSorted());
      for (const name of strangeNames) await blobs.deleteContainer(name);
      assert.deepEqual(await listContainers(blobs), [box]);
    },
  },
  {
    name: 'places of two names share nothing',
    needs: [],
    async run({ open }) {
      const one = await open('one');
      const two = await open('two');
      await put(one, 'a', 'one');
      await one.createContainer('mine');
      assert.equal(await get(two, 'a'), undefined);
      assert.deepEqual(await listContainers(two), [box]);
      await put(two, 'a', 'two');
      assert.equal(await getText(one, 'a'), 'one');
      await two.clear(box);
      assert.equal(await getText(one, 'a'), 'one');
    },
  },
  {
    name: 'who opens a name once more sees the same',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const other = await open();
      await put(blobs, 'a', 'x');
      assert.equal(await getText(other, 'a'), 'x');
      await other.delete(box, ['a']);
      assert.equal(await blobs.has(box, 'a'), false);
    },
  },
  {
    name: 'a name that cannot be is invalid-argument',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      for (const name of ['', 'x'.repeat(256), 'ü'.repeat(128), '\ud800']) {
        const what = `the container ${JSON.stringify(name.slice(0, 9))}`;
        await assertFails('invalid-argument', what, () => blobs.createContainer(name));
        await assertFails('invalid-argument', what, () => blobs.list(name));
      }
      for (const name of ['', 'x'.repeat(1_025), 'ü'.repeat(513), '\udc00']) {
        const what = `the object ${JSON.stringify(name.slice(0, 9))}`;
        await assertFails('invalid-argument', what, () => blobs.read(box, name));
        await assertFails('invalid-argument', what, () => blobs.write(box, name));
        await assertFails('invalid-argument', what, () => blobs.delete(box, ['a', name]));
      }
      await blobs.createContainer('ü'.repeat(127));
      await put(blobs, 'ü'.repeat(512), 'x');
      assert.equal(await blobs.has(box, 'ü'.repeat(512)), true);
    },
  },
  {
    name: 'what is closed is cancelled',
    needs: [],
    async run({ open }) {
      const other = await open();
      const blobs = await open();
      await blobs.ping();
      const stream = await blobs.write(box, 'a');
      await blobs.close();
      await assertFails('cancelled', 'has', () => blobs.has(box, 'a'));
      await assertFails('cancelled', 'write', () => stream.write(bytes('x')));
      await assertFails('cancelled', 'finish', () => stream.finish());
      await blobs.close();
      assert.equal(await other.has(box, 'a'), false);
    },
  },
];
