import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { cacheFolder } from './folders.ts';
import { openModuleCache } from './module-cache.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'module-cache-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const bytes = new Uint8Array([0, 97, 115, 109]);

test("lies in the user's cache, outside every app", () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/slight/modules');
  assert.equal(cacheFolder({ HOME: '/h' }), '/h/.cache/slight/modules');
});

test('gives back what was set, for this user only', async (t) => {
  const path = join(await folder(t), 'a/b');
  const cache = openModuleCache(path);
  assert.equal(await cache.get('../key'), undefined);
  await cache.set('../key', bytes);
  assert.deepEqual(new Uint8Array((await openModuleCache(path).get('../key'))!), bytes);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
});

test('what was damaged is not there', async (t) => {
  const path = await folder(t);
  const cache = openModuleCache(path);
  await cache.set('key', bytes);
  const [name] = await readdir(path);
  const stored = await readFile(join(path, name!));
  stored[stored.length - 1]! ^= 1;
  await writeFile(join(path, name!), stored);
  assert.equal(await cache.get('key'), undefined);
  await writeFile(join(path, name!), '');
  assert.equal(await cache.get('key'), undefined);
});

test('a folder that is a link, or that others may write to, is not used', async (t) => {
  const path = await folder(t);
  await symlink(await folder(t), join(path, 'link'));
  const open = join(path, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  for (const unsafe of [join(path, 'link'), open]) {
    const cache = openModuleCache(unsafe);
    await cache.set('key', bytes);
    assert.equal(await cache.get('key'), undefined);
    assert.deepEqual(await readdir(unsafe), []);
  }
});

test('keeps a bounded number', async (t) => {
  const path = await folder(t);
  const cache = openModuleCache(path);
  for (let n = 0; n < 70; n++) await cache.set(`key ${n}`, bytes);
  assert.equal((await readdir(path)).length, 64);
  assert.ok(await cache.get('key 69'));
});
