import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
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
