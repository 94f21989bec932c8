import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[blobs]
files = { bind = "filesystem", path = "./data" }
cache = "memory"
[limits]
body = "100MiB"
`;
let component: Uint8Array;
before(async () => (component = await buildScriptGuest('blobs')));

const folderOf = (app: Uint8Array, file = slightfile) =>
  appFolder({ 'app.wasm': app, 'slightfile.toml': file });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What is on its way in a place, by whichever process. */
function uploadsIn(folder: string): string[] {
  const meta = join(folder, 'data/files/.meta');
  return readdirSync(meta).flatMap((name) =>
    name.startsWith('uploads-') ? readdirSync(join(meta, name)).filter((each) => !each.startsWith('.')) : [],
  );
}

test('an app keeps files in places that share nothing', async () => {
  const folder = await folderOf(component);
  const app = await serveApp(folder);
  const put = (path: string, body: string, headers: { [name: string]: string } = {}) =>
    app.get(path, { method: 'PUT', body, headers: { 'content-type': 'text/cat', ...headers } });
  for (const place of ['files', 'cache']) {
    assert.equal((await app.get(`/${place}/photos`, { method: 'PUT' })).status, 201);
    assert.equal((await put(`/${place}/photos/cat`, place)).status, 200);
    const { body, headers } = await app.get(`/${place}/photos/cat`);
    assert.deepEqual([body, headers.get('content-type')], [place, 'text/cat']);
  }
  const { version } = JSON.parse((await put('/files/photos/a%2Fb', 'x')).body) as { version: string };
  assert.deepEqual(JSON.parse((await app.get('/files/photos')).body), [
    ['a/b', 1],
    ['cat', 5],
  ]);
  assert.deepEqual(JSON.parse((await app.get('/cache/photos')).body), [['cat', 5]]);
  assert.equal(readFileSync(join(folder, 'data/files/photos/cat'), 'utf8'), 'files');
  assert.equal((await put('/files/photos/a%2Fb', 'y', { 'if-match': version })).status, 200);
  assert.match((await put('/files/photos/a%2Fb', 'z', { 'if-match': version })).body, /precondition-failed/);
  assert.match((await put('/files/photos/cat', 'z', { 'if-none-match': '*' })).body, /already-exists/);
  assert.equal((await app.get('/files/photos/a%2Fb')).body, 'y');
  await app.get('/files/photos/cat', { method: 'DELETE' });
  assert.equal((await app.get('/files/photos/cat')).status, 404);
  assert.equal((await app.get('/cache/photos/cat')).body, 'cache');
  assert.equal((await app.get('/denied', { method: 'POST' })).body, '"permission-denied"');
  await app.stop();

  const again = await serveApp(folder);
  assert.equal((await again.get('/files/photos/a%2Fb')).body, 'y');
  assert.equal((await again.get('/cache/photos')).status, 500);
  await again.stop();
});

test('what a request leaves half written is gone with it, and one app has so many streams', async () => {
  const folder = await folderOf(component);
  const app = await serveApp(folder);
  assert.equal((await app.get('/leave', { method: 'POST' })).body, 'false');
  assert.equal((await app.get('/trap', { method: 'POST' })).status, 500);
  const many = { open: 64, refused: 'resource-exhausted' };
  for (let i = 0; i < 3; i++)
    assert.deepEqual(JSON.parse((await app.get('/many', { method: 'POST' })).body), many);
  await waitUntil('nothing is on its way', async () => uploadsIn(folder).length === 0);
  assert.deepEqual(JSON.parse((await app.get('/files/left')).body), [['whole', 5]]);
  assert.deepEqual(JSON.parse((await app.get('/files/many')).body), []);
  await app.stop();
});

test('64 MiB go in and out as a stream, and no process holds them', async () => {
  const folder = await folderOf(component);
  const app = await serveApp(folder);
  await app.get('/files/large', { method: 'PUT' });
  const worker = await app.worker();
  const peak = () => {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${worker}/status`, 'utf8'));
    return Number(found![1]) / 1024;
  };
  // What the host takes for requests of any size comes before.
  await app.get('/files/large/small', { method: 'PUT', body: randomBytes(1024 * 1024) });
  await app.get('/files/large/small');
  const before = process.platform === 'linux' ? peak() : undefined;
  const content = randomBytes(64 * 1024 * 1024);
  const stored = await app.get('/files/large/o', { method: 'PUT', body: content });
  assert.equal(stored.status, 200, stored.body);
  const answer = await fetch(`${app.url}/files/large/o`);
  assert.equal(sha256(new Uint8Array(await answer.arrayBuffer())), sha256(content));
  if (before !== undefined) {
    const grown = peak() - before;
    assert.ok(grown < 48, `the worker took ${Math.round(grown)} MiB more for 64 MiB`);
  }
  await app.stop();
});

test('an app that was not granted blobs does not start, nor do several workers with those of one', async () => {
  const without = slightfile.replace(/\[blobs\][^[]*/, '');
  const { code, stderr } = await runCommand(await folderOf(component, without), ['run']);
  assert.equal(code, 1);
  assert.match(stderr, /has no \[blobs\]\n {2}fix: [^]*\[blobs\]\n {4}default = "filesystem"/);
  const several = await runCommand(await folderOf(component), ['run', '--workers', '2']);
  assert.match(several.stderr, /blobs "cache" \(memory\) lives in the memory of one process/);
});

test('without a slightfile blobs are kept in files', async () => {
  const app = await serveApp(await appFolder({ 'app.wasm': component }), ['app.wasm']);
  assert.equal((await app.get('/files/photos', { method: 'PUT' })).status, 201);
  assert.equal((await app.get('/files/photos/a', { method: 'PUT', body: 'x' })).status, 200);
  assert.equal((await app.get('/files/photos/a')).body, 'x');
  assert.match((await app.stop()).stderr, /blobs +\(any name\) +filesystem in /);
});

test('an app in C keeps files', { skip: clangMissing }, async () => {
  const app = await serveApp(await folderOf(await buildCGuest('blobs')));
  const say = async (method: string, path: string, body?: string) => {
    const { status, body: said } = await app.get(path, body === undefined ? { method } : { method, body });
    return [status, said];
  };
  assert.deepEqual(await say('PUT', '/files/photos/cat', 'meow'), [201, '']);
  assert.deepEqual(await say('GET', '/files/photos/cat'), [200, 'meow']);
  assert.deepEqual(await say('GET', '/files/photos/dog'), [404, 'no such object']);
  const large = 'x'.repeat(3_000_000);
  assert.deepEqual(await say('PUT', '/files/photos/large', large), [201, '']);
  assert.deepEqual(await say('GET', '/files/photos/large'), [200, large]);
  assert.deepEqual(await say('DELETE', '/files/photos/cat'), [204, '']);
  assert.deepEqual(await say('GET', '/files/photos/cat'), [404, 'no such object']);
  const [code, why] = await say('GET', '/other/photos/cat');
  assert.equal(code, 403);
  assert.match(String(why), /\[blobs\] in .*: other = "filesystem"/);
  await app.stop();
});
