import assert from 'node:assert/strict';
import { existsSync, globSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { type Lock, findGaps } from '../scripts/complete-lock.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
const lock = read('package-lock.json') as Lock;

test('package-lock.json serves every platform', () => {
  assert.deepEqual(Object.keys(findGaps(lock)), [], 'run node scripts/complete-lock.ts');
});

test('package-lock.json says what each package.json says', () => {
  for (const path of ['package.json', ...globSync('{packages,examples}/*/package.json', { cwd: root })]) {
    const folder = dirname(path);
    const locked = lock.packages[folder === '.' ? '' : folder];
    assert.ok(locked, `${folder} is not in it: run npm install`);
    const manifest = read(path) as { [key: string]: unknown };
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies']) {
      assert.deepEqual(locked[kind] ?? {}, manifest[kind] ?? {}, `${kind} of ${path}: run npm install`);
    }
  }
});

/** What lies in the folder, in bytes as a disk keeps them; a file that has several names counts once. */
function measure(folder: string, seen = new Set<number>()): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const { ino, blocks } = lstatSync(path);
    if (seen.has(ino)) continue;
    seen.add(ino);
    sum += entry.isDirectory() ? measure(path, seen) : (blocks ?? 0) * 512;
  }
  return sum;
}

/** Why what is installed says nothing of what a newcomer gets. */
function findAdditions(): string | false {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return 'needs a node_modules that npm ci made';
  const more = Object.keys((JSON.parse(readFileSync(installed, 'utf8')) as Lock).packages).filter(
    (path) => lock.packages[path] === undefined,
  );
  return more.length > 0 && `more is installed than npm ci brings: ${more.join(', ')}`;
}

test('what npm ci installs stays under 450 MB, Node included', { skip: findAdditions() }, () => {
  assert.ok(existsSync(join(root, 'node_modules/node/bin/node')), 'Node is part of it');
  const size = measure(join(root, 'node_modules'));
  assert.ok(size > 100e6 && size < 450e6, `${Math.round(size / 1e6)} MB`);
});

test('a gap is found and filled with what its name tells', () => {
  const packages: Lock['packages'] = {
    'node_modules/tool': {
      dev: true,
      license: 'MIT',
      optionalDependencies: {
        'tool-linux-arm64-musl': '1.0.0',
        'tool-win32-x64-msvc': '1.0.0',
        fsevents: '1.0.0',
      },
    },
    'node_modules/tool-win32-x64-msvc': {},
  };
  const entry = {
    version: '1.0.0',
    cpu: ['arm64'],
    dev: true,
    libc: ['musl'],
    license: 'MIT',
    optional: true,
    os: ['linux'],
  };
  assert.deepEqual(findGaps({ packages }), { 'node_modules/tool-linux-arm64-musl': entry });
});
