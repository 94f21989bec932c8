import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openCapability } from '../../core/open.ts';
import type { KeyValue } from '../contract.ts';
import { nameOfKey } from '../../../clients/filesystem/names.ts';

interface Opening {
  readonly name?: string;
  readonly bind?: string;
  readonly timeout?: number;
}

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-filesystem-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(t: TestContext, app: string, opening: Opening = {}): Promise<KeyValue> {
  const { name = 'orders', bind = 'filesystem:./data', timeout = 5_000 } = opening;
  const store = await openCapability(
    'keyvalue',
    { name, bind, config: {} },
    { dataDir: join(app, '.slight'), timeout },
  );
  t.after(() => store.close());
  return store;
}

/** The file of a key of `orders`. */
const fileOf = (app: string, name: string): string => join(app, 'data/orders', name);
const bytes = (text: string): Buffer => Buffer.from(text);
const textOf = async (store: KeyValue, key: string): Promise<string | undefined> => {
  const value = await store.get(key);
  return value && Buffer.from(value).toString();
};

void test('a value is a plain file below the name of its store, for its owner alone', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app, { bind: 'filesystem' });
  await store.set('greeting', bytes('Hello'));
  await store.set('a/../b', bytes('x'));
  const folder = join(app, '.slight/keyvalue/orders');
  assert.equal(readFileSync(join(folder, 'greeting'), 'utf8'), 'Hello');
  assert.deepEqual(readdirSync(folder).toSorted(), ['.meta', 'a%2F..%2Fb', 'greeting']);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'greeting')).mode & 0o777, 0o600);
});

void test('the bind names the folder: beside the slightfile or from the root', async (t) => {
  const app = makeFolder(t);
  const absolute = join(app, 'else where');
  for (const [bind, folder] of [
    ['filesystem:', '.slight/keyvalue'],
    ['filesystem:./some%20data', 'some data'],
    ['filesystem:deep/er', 'deep/er'],
    [`filesystem://${pathToFileURL(absolute).pathname}`, 'else where'],
  ] as const) {
    const store = await open(t, app, { bind });
    await store.set('k', bytes(bind));
    assert.equal(readFileSync(join(app, folder, 'orders/k'), 'utf8'), bind);
  }
  for (const bind of [
    'filesystem://host/data',
    'filesystem:./data?x=1',
    'filesystem:./data#x',
    'filesystem:./%x',
  ]) {
    await assert.rejects(open(t, app, { bind }), { code: 'invalid-argument' });
  }
});

void test('reads are answered at once, writes when the disk has them', async (t) => {
  const store = await open(t, makeFolder(t));
  const writing = store.set('k', bytes('v'));
  assert.ok(writing instanceof Promise);
  await writing;
  assert.deepEqual(store.get('k'), bytes('v'));
  assert.equal(store.get('missing'), undefined);
  assert.equal(store.exists('k'), true);
  assert.deepEqual(store.keys(), { keys: ['k'] });
});

void test('files of other programs are values', async (t) => {
  const app = makeFolder(t);
  mkdirSync(join(app, 'data/orders/folder'), { recursive: true });
  const files = { plain: '1', 'My Key': '2', 'ü.txt': '3', '100%': '4', '.hidden': '5' };
  for (const [name, text] of Object.entries(files)) writeFileSync(fileOf(app, name), text);
  const store = await open(t, app);
  const found = ['100%', 'My Key', 'plain', 'ü.txt'];
  assert.deepEqual(store.keys(), { keys: found });
  for (const key of found) assert.equal(await textOf(store, key), files[key as keyof typeof files]);
  for (const key of ['.hidden', 'folder', 'my key']) assert.equal(store.exists(key), false, key);

  // They keep their names, so that the other program sees what becomes of its file.
  await store.set('My Key', bytes('new'), { ttl: 1e6 });
  assert.equal(readFileSync(fileOf(app, 'My Key'), 'utf8'), 'new');
  assert.equal(existsSync(fileOf(app, nameOfKey('My Key'))), false);
  await store.delete('My Key');
  assert.equal(store.exists('My Key'), false);
  await store.set('My Key', bytes('again'));
  assert.deepEqual(store.keys(), { keys: found });

  // With a file of either name, the usual one counts; both go.
  writeFileSync(fileOf(app, 'My Key'), 'foreign');
  assert.equal(await textOf(store, 'My Key'), 'again');
  await store.delete('My Key');
  assert.equal(store.exists('My Key'), false);
});

void test('a store of another program is found under its name', async (t) => {
  const app = makeFolder(t);
  mkdirSync(join(app, 'data/My Store'), { recursive: true });
  writeFileSync(join(app, 'data/My Store/k'), 'v');
  assert.equal(await textOf(await open(t, app, { name: 'My Store' }), 'k'), 'v');
  assert.equal(await textOf(await open(t, app, { name: 'my store' }), 'k'), undefined);
});

void test('what another program writes has a version, which changes with the bytes', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  writeFileSync(fileOf(app, 'k'), 'theirs');
  const theirs = (await store.getVersioned('k'))!.version;
  assert.equal((await store.getVersioned('k'))!.version, theirs);
  writeFileSync(fileOf(app, 'k'), 'changed');
  assert.equal((await store.compareAndSwap('k', theirs, bytes('ours'))).swapped, false);
  const changed = (await store.getVersioned('k'))!.version;
  const swapped = await store.compareAndSwap('k', changed, bytes('ours'), { ttl: 1e6 });
  assert.ok(swapped.swapped);
  assert.equal((await store.getVersioned('k'))!.version, swapped.version);
  writeFileSync(fileOf(app, 'k'), 'theirs again');
  assert.notEqual((await store.getVersioned('k'))!.version, swapped.version);
});

void test('an expiry is that of the value, and ends with it', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  await store.set('k', bytes('ours'), { ttl: 1_000 });
  writeFileSync(fileOf(app, 'k'), 'theirs');
  t.mock.timers.tick(2_000);
  assert.equal(await textOf(store, 'k'), 'theirs', 'another program gave it no expiry');
  writeFileSync(fileOf(app, 'k'), 'ours');
  assert.equal(store.exists('k'), false, 'these bytes expired');
});

void test('a copy of the folder has versions and expiries too', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  await store.set('k', bytes('1'));
  await store.set('expires', bytes('2'), { ttl: 1e6 });
  execFileSync('cp', ['-r', join(app, 'data'), join(app, 'copy')]);
  const copy = await open(t, app, { bind: 'filesystem:./copy' });
  assert.deepEqual(copy.getVersioned('k'), store.getVersioned('k'));
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 2e6 });
  assert.deepEqual(copy.keys(), { keys: ['k'] });
});

void test('links are neither followed nor listed, and pipes not waited for', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  writeFileSync(join(app, 'secret'), 'secret');
  symlinkSync(join(app, 'secret'), fileOf(app, 'link'));
  symlinkSync(join(app, 'nowhere'), fileOf(app, 'dangling'));
  execFileSync('mkfifo', [fileOf(app, 'pipe')]);
  for (const key of ['link', 'dangling', 'pipe']) assert.equal(store.get(key), undefined);
  assert.deepEqual(store.keys(), { keys: [] });
  await store.set('link', bytes('value'));
  assert.equal(readFileSync(join(app, 'secret'), 'utf8'), 'secret');
  assert.equal(statSync(fileOf(app, 'link')).isFile(), true);
  await store.set('dangling', bytes('value'));
  assert.equal(existsSync(join(app, 'nowhere')), false);
});

void test('a store that is a link is refused, and nothing is made where it leads', async (t) => {
  const app = makeFolder(t);
  mkdirSync(join(app, 'data/elsewhere'), { recursive: true });
  symlinkSync(join(app, 'data/elsewhere'), join(app, 'data/orders'));
  await assert.rejects(open(t, app), { code: 'permission-denied', message: /orders is a link/ });
  assert.deepEqual(readdirSync(join(app, 'data/elsewhere')), []);
  rmSync(join(app, 'data/orders'));
  mkdirSync(join(app, 'data/orders'));
  symlinkSync(join(app, 'data/elsewhere'), join(app, 'data/orders/.meta'));
  await assert.rejects(open(t, app), { code: 'permission-denied', message: /\.meta is a link/ });
});

void test('a long key is kept beside its file, and without it not made up', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  const key = 'Long '.repeat(100);
  await store.set(key, bytes('v'));
  assert.deepEqual(store.keys({ prefix: 'Long' }), { keys: [key] });
  rmSync(join(app, 'data/orders/.meta', nameOfKey(key)));
  assert.deepEqual(store.keys(), { keys: [] });
  assert.equal(await textOf(store, key), 'v');
});

void test('what is no meta is passed over and replaced', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app);
  for (const broken of [
    '',
    'null',
    '{}',
    '{"values":[{}]}',
    '{"values":[],"key":1}',
    '{"values":[{"sha256":"x"',
  ]) {
    await store.set('k', bytes('v'), { ttl: 1e6 });
    writeFileSync(join(app, 'data/orders/.meta/k'), broken);
    assert.equal(await textOf(store, 'k'), 'v', broken);
    const { version } = (await store.getVersioned('k'))!;
    assert.equal((await store.compareAndSwap('k', version, bytes('v'))).swapped, true, broken);
  }
});

void test('while another process holds the lock, writes wait, reads do not; one that waits too long writes nothing', async (t) => {
  const app = makeFolder(t);
  const store = await open(t, app, { timeout: 500 });
  await store.set('k', bytes('1'));
  const other = new DatabaseSync(join(app, 'data/orders/.meta/.lock'));
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  let ended = false;
  const writing = Promise.resolve(store.increment('k', 1n)).finally(() => (ended = true));
  assert.deepEqual(store.get('k'), bytes('1'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(ended, false);
  other.exec('ROLLBACK');
  assert.equal(await writing, 2n);

  other.exec('BEGIN IMMEDIATE');
  const both = [store.set('k', bytes('3')), store.set('other', bytes('3'))];
  for (const each of both) {
    await assert.rejects(async () => each, { code: 'timeout', outcome: 'none' });
  }
  other.exec('ROLLBACK');
  assert.deepEqual(store.keys(), { keys: ['k'] });
  assert.deepEqual(store.get('k'), bytes('2'));
});

void test('what expired leaves the disk, and so does what is kept of files that went', async (t) => {
  const app = makeFolder(t);
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
  const store = await open(t, app);
  for (let i = 0; i < 150; i++) await store.set(`gone ${i}`, bytes('1'), { ttl: 1_000 });
  await store.set('stays', bytes('1'), { ttl: 1e6 });
  await store.set('removed', bytes('1'));
  rmSync(fileOf(app, 'removed'));
  writeFileSync(fileOf(app, '.meta/.new-value'), 'what a write that was cut off left');
  t.mock.timers.tick(61_000);
  const left = () => readdirSync(join(app, 'data/orders/.meta')).filter((name) => name !== '.lock');
  for (const end = performance.now() + 10_000; left().length > 1 && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(left(), ['stays']);
  assert.deepEqual(readdirSync(join(app, 'data/orders')).toSorted(), ['.meta', 'stays']);
});

void test('a folder that cannot be used says why', async (t) => {
  const app = makeFolder(t);
  writeFileSync(join(app, 'data'), 'a file where the folder should be');
  await assert.rejects(open(t, app), { code: 'unavailable', message: /data.*move it away/ });
  rmSync(join(app, 'data'));
  const store = await open(t, app);
  mkdirSync(fileOf(app, 'k'));
  await assert.rejects(async () => store.set('k', bytes('v')), {
    code: 'unavailable',
    message: /A folder stands where a value belongs/,
  });
  renameSync(join(app, 'data'), join(app, 'moved'));
  await assert.rejects(async () => store.set('k', bytes('v')), {
    code: 'unavailable',
    message: /moved away/,
  });
  assert.throws(() => store.keys(), { code: 'unavailable' });
  assert.throws(() => store.ping(), { code: 'unavailable' });
});

void test(
  'a folder that may not be written to is unavailable',
  { skip: process.getuid?.() === 0 && 'root may write anywhere; run as another user' },
  async (t) => {
    const app = makeFolder(t);
    mkdirSync(join(app, 'data'));
    chmodSync(join(app, 'data'), 0o500);
    await assert.rejects(open(t, app), { code: 'unavailable', message: /Let this user/ });
  },
);
