import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from './error.ts';
import { importPackage } from './packages.ts';

void test('a missing client library gives the command that installs it', async () => {
  // Not a literal, or the type check would look for it.
  const name = '@nobody/has-this';
  await assert.rejects(
    importPackage(`${name}@1.2.3`, () => import(name)),
    (error) => {
      assert.ok(error instanceof CapabilityError);
      assert.equal(error.code, 'unsupported');
      assert.match(error.message, /\n {2}fix: npm install @nobody\/has-this@1\.2\.3$/);
      return true;
    },
  );
});

void test('a library that is there and broken is not called missing', async () => {
  const broken = new TypeError('broken inside');
  await assert.rejects(
    importPackage('some@1.0.0', () => Promise.reject(broken)),
    broken,
  );
});
