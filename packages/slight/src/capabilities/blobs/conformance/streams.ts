import assert from 'node:assert/strict';
import { CapabilityError } from '../../core/error.ts';
import {
  assertBytes,
  assertFails,
  box,
  bytes,
  drain,
  get,
  getText,
  listSorted,
  makeBytes,
  put,
  type CheckDefinition,
} from './check.ts';

export const streamChecks: readonly CheckDefinition[] = [
  {
    name: 'nobody sees anything of an object before it is finished',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'old', 'old');
      const fresh = await blobs.write(box, 'fresh');
      const over = await blobs.write(box, 'old');
      for (const stream of [fresh, over]) await stream.write(makeBytes(200_000));
      assert.equal(await blobs.has(box, 'fresh'), false);
      assert.equal(await get(blobs, 'fresh'), undefined);
      assert.deepEqual(await listSorted(blobs), ['old']);
      assert.equal(await getText(blobs, 'old'), 'old');
      assert.equal((await blobs.info(box, 'old'))?.size, 3);
      for (const stream of [fresh, over]) await stream.finish();
      for (const name of ['fresh', 'old']) assertBytes(await get(blobs, name), makeBytes(200_000), name);
    },
  },
  {
    name: 'a write that is aborted leaves nothing, and what was there stays',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      await put(blobs, 'old', 'old');
      for (const name of ['fresh', 'old']) {
        const stream = await blobs.write(box, name);
        await stream.write(bytes('half of it'));
        await stream.abort();
        await stream.abort();
      }
      assert.equal(await getText(blobs, 'old'), 'old');
      assert.deepEqual(await listSorted(blobs), ['old']);
    },
  },
  {
    name: 'a stream that is over takes and gives no more',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const finished = await blobs.write(box, 'a');
      await finished.write(bytes('whole'));
      await finished.finish();
      const aborted = await blobs.write(box, 'a');
      await aborted.abort();
      for (const stream of [finished, aborted]) {
        await assertFails('cancelled', 'write', () => stream.write(bytes('more')));
        await assertFails('cancelled', 'finish', () => stream.finish());
      }
      await finished.abort();
      assert.equal(await getText(blobs, 'a'), 'whole');
      const read = await blobs.read(box, 'a');
      await read!.close();
      await read!.close();
      await assertFails('cancelled', 'read', () => read!.read(1));
    },
  },
  {
    name: 'a range is read from its offset, as far as there is something',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const content = makeBytes(100_000);
      await put(blobs, 'a', content);
      for (const [offset, length] of [
        [0, 0],
        [0, 1],
        [1, 1],
        [65_530, 20],
        [99_999, 1],
        [99_990, 100],
        [100_000, 1],
        [100_001, 1],
        [5_000_000, undefined],
        [0, undefined],
        [70_000, undefined],
      ] as const) {
        const range = length === undefined ? { offset } : { offset, length };
        const expected = content.subarray(offset, length === undefined ? undefined : offset + length);
        assertBytes(await get(blobs, 'a', range), expected, `${offset}+${length}`);
      }
      for (const range of [{ offset: -1 }, { offset: 0.5 }, { offset: 0, length: -1 }])
        await assertFails('invalid-argument', JSON.stringify(range), () => blobs.read(box, 'a', range));
    },
  },
  {
    name: 'a piece is never longer than was asked for',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const content = makeBytes(3_000_000);
      await put(blobs, 'a', content);
      const stream = (await blobs.read(box, 'a'))!;
      const first = (await stream.read(10))!;
      assert.ok(first.byteLength >= 1 && first.byteLength <= 10, `${first.byteLength} bytes of 10`);
      const second = (await stream.read(100_000_000))!;
      assert.ok(second.byteLength <= 1024 * 1024, `${second.byteLength} bytes at once`);
      await assertFails('invalid-argument', 'read of nothing', () => stream.read(0));
      assertBytes(Buffer.concat([first, second, await drain(stream, 70_000)]), content, 'all pieces');
    },
  },
  {
    name: 'what is read is one object, whatever becomes of it meanwhile',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const content = makeBytes(3_000_000, 1);
      for (const change of [
        () => put(blobs, 'a', makeBytes(3_000_000, 2)),
        () => blobs.delete(box, ['a']),
        () => blobs.deleteContainer(box),
      ]) {
        await put(blobs, 'a', content);
        const stream = (await blobs.read(box, 'a'))!;
        const first = (await stream.read(1_000))!;
        await change();
        try {
          assertBytes(Buffer.concat([first, await drain(stream)]), content, 'all pieces');
        } catch (error) {
          if (!(error instanceof CapabilityError) || error.code !== 'aborted') throw error;
        }
      }
    },
  },
  {
    name: 'a piece that is too large is refused, and the others are written',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const stream = await blobs.write(box, 'a');
      await stream.write(bytes('one '));
      const error = await assertFails('invalid-argument', 'a large piece', () =>
        stream.write(new Uint8Array(4 * 1024 * 1024 + 1)),
      );
      assert.deepEqual(error.detail, { limit: 4 * 1024 * 1024 });
      await stream.write(bytes('two'));
      await stream.finish();
      assert.equal(await getText(blobs, 'a'), 'one two');
    },
  },
  {
    name: 'bytes are copied on their way in and out',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const stream = await blobs.write(box, 'a');
      const mine = bytes('mine');
      await stream.write(mine);
      mine.fill(0);
      await stream.finish();
      const read = (await blobs.read(box, 'a'))!;
      (await read.read(100))!.fill(0);
      await read.close();
      assert.equal(await getText(blobs, 'a'), 'mine');
    },
  },
  {
    name: 'of writes at once one stays, whole',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const contents = Array.from({ length: 8 }, (_, i) => makeBytes(150_000 + i, i + 1));
      await Promise.all(
        contents.map(async (content) => {
          const stream = await blobs.write(box, 'a');
          for (let at = 0; at < content.byteLength; at += 40_000)
            await stream.write(content.subarray(at, at + 40_000));
          await stream.finish();
        }),
      );
      const found = (await get(blobs, 'a'))!;
      assert.ok(
        contents.some((content) => Buffer.compare(content, found) === 0),
        'a mixture',
      );
      assert.equal((await blobs.info(box, 'a'))?.size, found.byteLength);
    },
  },
  {
    name: 'a write whose container went is not-found, and brings nothing back',
    needs: [],
    async run({ open }) {
      const blobs = await open();
      const stream = await blobs.write(box, 'a');
      await stream.write(bytes('x'));
      await blobs.deleteContainer(box);
      await assertFails('not-found', 'finish', () => stream.finish());
      assert.equal(await blobs.containerExists(box), false);
    },
  },
];
