import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../core/open.ts';
import type { Setting } from '../../../slightfile/model.ts';
import type { Blobs } from '../contract.ts';
import { get, getText, listSorted, put } from '../conformance/check.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-blobs-files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Opening {
  readonly bind?: string;
  readonly config?: { readonly [key: string]: Setting };
  readonly name?: string;
}

async function open(t: TestContext, app: string, opening: Opening = {}): Promise<Blobs> {
  const { bind = 'filesystem', config = { path: './data' }, name = 'files' } = opening;
  const surroundings = { dataDir: join(app, '.slight'), timeout: 5_000 };
  const blobs = await openCapability('blobs', { name, bind, config }, surroundings);
  t.after(() => blobs.close());
  return blobs;
}

/** The same with a container `box`. */
async function openBox(t: TestContext, app: string): Promise<Blobs> {
  const blobs = await open(t, app);
  await blobs.createContainer('box');
  return blobs;
}

/** A file of `box`. */
const fileOf = (app: string, name: string): string => join(app, 'data/files/box', name);

void test('an object is a plain file below its container, for its owner alone', async (t) => {
  const app = makeFolder(t);
  const blobs = await open(t, app, { config: {} });
  await blobs.createContainer('box');
  await put(blobs, 'cat.jpg', 'meow');
  await put(blobs, '../../../a', 'x');
  const folder = join(app, '.slight/blobs/files/box');
  assert.equal(readFileSync(join(folder, 'cat.jpg'), 'utf8'), 'meow');
  assert.deepEqual(readdirSync(folder).toSorted(), ['%2E.%2F..%2F..%2Fa', '.meta', 'cat.jpg']);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'cat.jpg')).mode & 0o777, 0o600);
});

void test('the folder is the one of the bind, or of `path`, and not of both', async (t) => {
  const app = makeFolder(t);
  const absolute = join(app, 'else where');
  for (const [bind, config, folder] of [
    ['filesystem:', {}, '.slight/blobs'],
    ['filesystem:./some%20data', {}, 'some data'],
    ['filesystem', { path: 'deep/er' }, 'deep/er'],
    ['filesystem', { path: absolute }, 'else where'],
  ] as const) {
    const blobs = await open(t, app, { bind, config });
    await blobs.createContainer('box');
    assert.ok(existsSync(join(app, folder, 'files/box')), folder);
  }
  for (const [bind, config] of [
    ['filesystem:./a', { path: './b' }],
    ['filesystem', { path: '' }],
    ['filesystem://host/a', {}],
  ] as const)
    await assert.rejects(open(t, app, { bind, config }), { code: 'invalid-argument' });
});

void test('what only looks is answered at once, also of a file that is read', async (t) => {
  const blobs = await openBox(t, makeFolder(t));
  await put(blobs, 'a', 'x');
  assert.equal(blobs.has('box', 'a'), true);
  assert.equal((blobs.info('box', 'a') as { size: number }).size, 1);
  assert.deepEqual((blobs.list('box') as { objects: { name: string }[] }).objects.length, 1);
  const stream = blobs.read('box', 'a');
  assert.ok(stream !== undefined && !(stream instanceof Promise));
  assert.ok(stream.read(1) instanceof Promise);
  await stream.close();
});

void test('files and folders of other programs are objects and containers', async (t) => {
  const app = makeFolder(t);
  mkdirSync(join(app, 'data/files/My Box/folder'), { recursive: true });
  writeFileSync(join(app, 'data/files/My Box/My File'), 'theirs');
  writeFileSync(join(app, 'data/files/My Box/.hidden'), 'x');
  writeFileSync(join(app, 'data/files/a file'), 'x');
  const blobs = await open(t, app);
  assert.deepEqual(await blobs.listContainers(), { containers: ['My Box'] });
  assert.equal((await blobs.list('My Box')).objects[0]?.name, 'My File');
  assert.equal((await blobs.list('My Box')).objects.length, 1);
  assert.equal(await getText(blobs, 'My File', 'My Box'), 'theirs');
  const info = (await blobs.info('My Box', 'My File'))!;
  await put(blobs, 'My File', 'ours', { ifVersion: info.version }, 'My Box');
  assert.equal(readFileSync(join(app, 'data/files/My Box/My File'), 'utf8'), 'ours');
  await assert.rejects(async () => blobs.createContainer('My Box'), { code: 'already-exists' });
  await blobs.deleteContainer('My Box');
  assert.ok(!existsSync(join(app, 'data/files/My Box')));
});

void test('what another program writes has another version, and what is put back the same', async (t) => {
  const app = makeFolder(t);
  const blobs = await openBox(t, app);
  const version = await put(blobs, 'a', 'ours', { contentType: 'text/x' });
  cpSync(join(app, 'data'), join(app, 'backup'), { recursive: true, preserveTimestamps: true });
  writeFileSync(fileOf(app, 'a'), 'theirs');
  const theirs = (await blobs.info('box', 'a'))!;
  assert.notEqual(theirs.version, version);
  assert.equal(theirs.size, 6);
  await assert.rejects(put(blobs, 'a', 'x', { ifVersion: version }), { code: 'precondition-failed' });
  assert.equal(await getText(blobs, 'a'), 'theirs');
  await put(blobs, 'b', 'ours too');
  await blobs.close();

  rmSync(join(app, 'data'), { recursive: true });
  renameSync(join(app, 'backup'), join(app, 'data'));
  const again = await open(t, app);
  assert.equal(await getText(again, 'a'), 'ours');
  assert.equal((await again.info('box', 'a'))?.contentType, 'text/x');
});

void test('links lead nowhere, whatever they stand for', async (t) => {
  const app = makeFolder(t);
  const blobs = await openBox(t, app);
  mkdirSync(join(app, 'outside/.meta'), { recursive: true });
  writeFileSync(join(app, 'outside/secret'), 'secret');
  symlinkSync(join(app, 'outside/secret'), fileOf(app, 'link'));
  symlinkSync(join(app, 'outside'), join(app, 'data/files/linked'));
  assert.equal(await blobs.has('box', 'link'), false);
  assert.equal(await get(blobs, 'link'), undefined);
  assert.deepEqual(await listSorted(blobs), []);
  await put(blobs, 'link', 'ours');
  await assert.rejects(async () => blobs.list('linked'), { code: 'not-found' });
  await assert.rejects(put(blobs, 'a', 'x', {}, 'linked'), { code: 'not-found' });
  await blobs.deleteContainer('linked');
  assert.equal(await blobs.containerExists('linked'), false);

  // Not what is kept beside the objects either.
  rmSync(fileOf(app, '.meta'), { recursive: true });
  symlinkSync(join(app, 'outside/.meta'), fileOf(app, '.meta'));
  assert.equal(await getText(blobs, 'link'), 'ours');
  await assert.rejects(put(blobs, 'link', 'x'), { code: 'unavailable' });
  await blobs.deleteContainer('box');
  assert.equal(readFileSync(join(app, 'outside/secret'), 'utf8'), 'secret');
  assert.deepEqual(readdirSync(join(app, 'outside')).toSorted(), ['.meta', 'secret']);
  assert.deepEqual(readdirSync(join(app, 'outside/.meta')), []);
  symlinkSync(join(app, 'outside'), join(app, 'data/place'));
  await assert.rejects(open(t, app, { name: 'place' }), { code: 'permission-denied' });
});

void test('a file that another program cuts short breaks off', async (t) => {
  const app = makeFolder(t);
  const blobs = await openBox(t, app);
  await put(blobs, 'a', new Uint8Array(100_000));
  const stream = (await blobs.read('box', 'a'))!;
  await stream.read(10);
  truncateSync(fileOf(app, 'a'), 10);
  await assert.rejects(async () => stream.read(10), { code: 'aborted' });
  await stream.close();
});

void test('what is kept beside files that are gone goes when it is opened next, and so does what the dead left', async (t) => {
  const app = makeFolder(t);
  const first = await openBox(t, app);
  for (const name of ['stays', 'goes', 'x'.repeat(300)]) await put(first, name, 'x');
  await first.close();
  const meta = join(app, 'data/files/.meta');
  assert.deepEqual(
    readdirSync(meta).filter((name) => name.startsWith('uploads-')),
    [],
  );
  for (const name of readdirSync(join(app, 'data/files/box')))
    if (name.startsWith('goes') || name.startsWith('xxx')) rmSync(fileOf(app, name));
  mkdirSync(join(meta, 'uploads-dead'));
  writeFileSync(join(meta, 'uploads-dead/1'), 'half');
  await open(t, app);
  assert.equal(existsSync(join(meta, 'uploads-dead')), false);
  const left = () => readdirSync(fileOf(app, '.meta')).filter((name) => !name.startsWith('.'));
  for (const end = performance.now() + 10_000; left().length > 1 && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(left(), ['stays']);
});

void test('a folder that cannot be used says why', async (t) => {
  const app = makeFolder(t);
  writeFileSync(join(app, 'data'), 'a file where the folder should be');
  await assert.rejects(open(t, app), { code: 'unavailable', message: /data.*move it away/ });
  rmSync(join(app, 'data'));
  const blobs = await openBox(t, app);
  mkdirSync(fileOf(app, 'a'));
  await assert.rejects(put(blobs, 'a', 'x'), { code: 'unavailable', message: /A folder stands where/ });
  renameSync(join(app, 'data'), join(app, 'moved'));
  await assert.rejects(async () => blobs.ping(), { code: 'unavailable', message: /moved away/ });
  await assert.rejects(async () => blobs.createContainer('c'), { code: 'unavailable' });
});
