import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, json, openBlobs, router, stream } from '../src/index.ts';
import { testApp } from '../src/test/index.ts';

const files = openBlobs('files');
const app = router()
  .post('/:name', async (req) => {
    const photos = await files.ensureContainer('photos');
    const type = req.headers.get('content-type');
    const version = await photos.put(req.params.name, bodyOf(req), { contentType: type });
    return json({ version });
  })
  .get('/:name', async (req) => {
    const reader = await files.container('photos').read(req.params.name);
    return reader === undefined
      ? json({}, { status: 404 })
      : stream(reader, { type: reader.info.contentType ?? 'application/octet-stream' });
  });

test('an app keeps what it is sent, and a test looks at it', async () => {
  const { request, blobs } = testApp(app);
  const kept = await request('/cat', {
    method: 'POST',
    body: 'meow',
    headers: { 'content-type': 'text/cat' },
  });
  assert.equal(kept.status, 200);
  const photos = blobs('files').container('photos');
  assert.equal(await photos.getText('cat'), 'meow');
  const info = (await photos.info('cat'))!;
  assert.equal(info.contentType, 'text/cat');
  assert.equal(info.size, 4);
  assert.ok(info.modified instanceof Date);
  assert.deepEqual(await Array.fromAsync(photos.list()), [{ name: 'cat', size: 4, modified: info.modified }]);
});

test('a container is used as a test goes on', async () => {
  const blobs = testApp(app).blobs('files');
  assert.equal(await blobs.hasContainer('c'), false);
  const box = await blobs.createContainer('c');
  await assert.rejects(blobs.createContainer('c'), { code: 'already-exists' });
  await blobs.ensureContainer('c');
  assert.ok((await blobs.containerInfo('c'))?.created instanceof Date);
  const large = new Uint8Array(2_500_000).map((_, i) => i * 7);
  await box.put('large', large);
  assert.deepEqual(await box.get('large'), large);
  assert.deepEqual(await box.get('large', { offset: 5, length: 2 }), large.subarray(5, 7));
  assert.equal(await box.get('missing'), undefined);
  assert.equal(await box.getText('missing'), undefined);
  await assert.rejects(box.get('large', { offset: -1 }), RangeError);
  async function* pieces() {
    yield 'grü';
    yield new TextEncoder().encode('ße');
  }
  const version = await box.put('text', pieces());
  assert.equal(await box.getText('text'), 'grüße');
  await assert.rejects(box.put('text', 'x', { ifVersion: 'other' }), { code: 'precondition-failed' });
  await box.put('text', 'new', { ifVersion: version });
  await blobs.copy({ container: 'c', name: 'text' }, { container: 'c', name: 'copy' });
  await blobs.move({ container: 'c', name: 'text' }, { container: 'c', name: 'moved' });
  const names = async () => (await Array.fromAsync(box.list({ limit: 1 }))).map(({ name }) => name);
  assert.deepEqual(await names(), ['copy', 'large', 'moved']);
  assert.equal((await box.page({ limit: 2 })).blobs.length, 2);
  await box.delete('large');
  await box.delete(['copy', 'missing']);
  assert.deepEqual(await names(), ['moved']);
  await box.clear();
  assert.deepEqual(await names(), []);
  await assert.rejects(box.presign('a', 'read', 60_000), { code: 'unsupported' });
  assert.deepEqual(await Array.fromAsync(blobs.containers({ prefix: 'c' })), ['c']);
  await blobs.deleteContainer('c');
  await assert.rejects(box.has('a'), { code: 'not-found' });
});

test('a source that throws writes nothing, and a reader that is left is closed', async () => {
  const box = await testApp(app).blobs('files').createContainer('c');
  await box.put('a', 'before');
  async function* broken() {
    yield 'half';
    throw new Error('the source broke');
  }
  await assert.rejects(box.put('a', broken()), /the source broke/);
  assert.equal(await box.getText('a'), 'before');
  const writer = await box.write('a');
  await writer.write('half');
  writer.abort();
  await assert.rejects(writer.finish(), /begin to write anew/);
  await assert.rejects(box.put('a', [1 as unknown as string]), TypeError);
  assert.equal(await box.getText('a'), 'before');
  const reader = (await box.read('a'))!;
  assert.deepEqual(await reader.read(3), new TextEncoder().encode('bef'));
  for await (const piece of reader) {
    assert.deepEqual(piece, new TextEncoder().encode('ore'));
    break;
  }
  assert.equal(await reader.read(), undefined);
});

test('what was not granted is denied', async () => {
  const { blobs } = testApp(app, { blobs: ['other'] });
  await assert.rejects(blobs('files').hasContainer('c'), {
    code: 'permission-denied',
    message: /testApp\(app, \{ blobs \}\)/,
  });
  assert.equal(await blobs('other').hasContainer('c'), false);
});
