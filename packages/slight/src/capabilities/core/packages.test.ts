import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { maskSecrets } from '../../slightfile/mask.ts';
import { CapabilityError } from './error.ts';
import { importPackage, installCommand } from './packages.ts';

void test('a missing client library gives the command that installs it', async () => {
  // Not a literal, or the type check would look for it.
  const name = '@nobody/has-this';
  await assert.rejects(
    importPackage(`${name}@1.2.3`, () => import(name)),
    (error) => {
      assert.ok(error instanceof CapabilityError);
      assert.equal(error.code, 'unsupported');
      assert.match(error.message, /\n {2}fix: npm install @nobody\/has-this@1\.2\.3$/);
      // After a bind, where a mask hides whatever stands before an `@`.
      const shown = maskSecrets(`store "orders" (nobody://127.0.0.1:4222): ${error.message}`);
      assert.match(shown, /127\.0\.0\.1:4222\): the client library nobody\/has-this is not installed/);
      return true;
    },
  );
});

void test('of libraries that go together all are named at once', async () => {
  const name = '@nobody/has-this';
  await assert.rejects(
    importPackage(`${name}@1.2.3`, () => import(name), [`${name}@1.2.3`, 'other@4.5.6']),
    { message: /fix: npm install @nobody\/has-this@1\.2\.3 other@4\.5\.6$/ },
  );
});

void test('the command names the installation where the library is looked for', () => {
  const home = mkdtempSync(join(tmpdir(), 'slight-packages-'));
  try {
    const file = join(home, 'node_modules/@spiderlightning/slight/dist/packages.js');
    assert.equal(installCommand('x@1.0.0', file, '/srv/app'), 'npm install --global x@1.0.0');
    writeFileSync(join(home, 'package.json'), '{}');
    assert.equal(installCommand('x@1.0.0', file, '/srv/app'), `npm install --prefix ${home} x@1.0.0`);
    assert.equal(installCommand('x@1.0.0', file, home), 'npm install x@1.0.0');
    assert.equal(installCommand('x@1.0.0', '/srv/checkout/src/packages.ts', '/srv'), 'npm install x@1.0.0');
  } finally {
    rmSync(home, { recursive: true });
  }
});

void test(
  'a shell reads the command as it was meant, whatever the folder is called',
  { skip: process.platform === 'win32' && 'it has no sh' },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'slight-packages-'));
    try {
      for (const name of ["it's mine", '$HOME `id`', '"two" words!', 'a\\b\nc', 'plain']) {
        const home = join(folder, name);
        mkdirSync(home);
        writeFileSync(join(home, 'package.json'), '{}');
        const command = installCommand('x@1.0.0', join(home, 'node_modules/slight/packages.js'), '/srv');
        const shown = execFileSync('sh', ['-c', `npm() { printf '%s|' "$@"; }; ${command}`], {
          encoding: 'utf8',
        });
        assert.equal(shown, `install|--prefix|${home}|x@1.0.0|`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

void test('a library that is there and broken is not called missing', async () => {
  const broken = new TypeError('broken inside');
  await assert.rejects(
    importPackage('some@1.0.0', () => Promise.reject(broken)),
    broken,
  );
});
