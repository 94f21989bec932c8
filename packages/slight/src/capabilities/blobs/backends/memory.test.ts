import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapability } from '../../core/open.ts';
import { put } from '../conformance/check.ts';

async function open(capacity: number) {
  const bind = { name: 'files', bind: 'memory', config: { capacity } };
  const surroundings = { dataDir: `/nowhere/${Math.random()}`, timeout: 1_000 };
  const blobs = await openCapability('blobs', bind, surroundings);
  await blobs.createContainer('box');
  return blobs;
}

void test('objects take so much memory and no more, and give it back', async () => {
  const blobs = await open(1_000);
  const full = { code: 'resource-exhausted', message: /capacity/ };
  await put(blobs, 'a', new Uint8Array(600));
  await assert.rejects(put(blobs, 'b', new Uint8Array(500)), full);
  const half = await blobs.write('box', 'b');
  await half.write(new Uint8Array(300));
  await assert.rejects(put(blobs, 'c', new Uint8Array(200)), full);
  await half.abort();
  await put(blobs, 'c', new Uint8Array(400));
  await blobs.move({ container: 'box', name: 'a' }, { container: 'box', name: 'c' });
  await put(blobs, 'a', new Uint8Array(400));
  await assert.rejects(
    async () => blobs.copy({ container: 'box', name: 'a' }, { container: 'box', name: 'd' }),
    full,
  );
  await blobs.delete('box', ['a']);
  await put(blobs, 'a', new Uint8Array(300), { onlyIfAbsent: true });
  await assert.rejects(put(blobs, 'a', new Uint8Array(50), { onlyIfAbsent: true }), {
    code: 'already-exists',
  });
  await put(blobs, 'd', new Uint8Array(100));
  await blobs.clear('box');
  await put(blobs, 'a', new Uint8Array(1_000));
  await blobs.deleteContainer('box');
  await blobs.createContainer('box');
  await put(blobs, 'a', new Uint8Array(1_000));
});

void test('everything is answered at once', async () => {
  const blobs = await open(1_000);
  const stream = blobs.write('box', 'a');
  assert.ok(!(stream instanceof Promise));
  assert.equal(stream.write(Uint8Array.of(1, 2)), undefined);
  assert.equal(typeof stream.finish(), 'string');
  const read = blobs.read('box', 'a');
  assert.ok(read !== undefined && !(read instanceof Promise));
  assert.deepEqual(read.read(10), Uint8Array.of(1, 2));
  assert.equal(read.read(10), undefined);
  assert.equal(blobs.has('box', 'a'), true);
});
