import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExternDescription } from '@spiderlightning/component';
import type { Slightfile } from '../slightfile/model.ts';
import { withoutSlightfile } from '../slightfile/absent.ts';
import { checkGrants } from './grants.ts';
import { isCompatible } from './import-name.ts';

const instance = (name: string): ExternDescription => ({ kind: 'instance', name, functions: [] });
const keyvalue = 'spiderlightning:cloud/keyvalue@0.6.0';
const system = ['wasi:io/streams@0.2.3'];

function component(...imports: string[]) {
  return { imports: imports.map(instance) };
}

const file = (grants: Partial<Slightfile> = {}): Slightfile => ({
  ...withoutSlightfile('/app/app.wasm'),
  path: '/app/slightfile.toml',
  ...grants,
});

test('what is granted, always granted, or of the system passes', () => {
  const app = component('wasi:io/streams@0.2.0', 'spiderlightning:cloud/logging@0.6.4', keyvalue);
  assert.deepEqual([...checkGrants(app, file({ keyvalue: {} }), system)], ['keyvalue']);
  assert.deepEqual([...checkGrants(app, withoutSlightfile('/app/app.wasm'), system)], ['keyvalue']);
});

test('an import that nobody granted is refused with the lines to add', () => {
  assert.throws(() => checkGrants(component(keyvalue), file(), system), {
    name: 'StartError',
    message: /add these lines to \/app\/slightfile\.toml[^]*\n {4}\[keyvalue\]\n {4}default = "sqlite"$/,
  });
});

test('what is no storage is not there without a slightfile', () => {
  const app = component('spiderlightning:cloud/configs@0.6.0');
  assert.throws(() => checkGrants(app, withoutSlightfile('/app/app.wasm'), system), {
    name: 'StartError',
    message:
      /there is no slightfile\n {2}fix: write a slightfile\.toml [^]*\n {4}\[configs\]\n {4}default = \{ bind = "envvars"/,
  });
  assert.deepEqual([...checkGrants(app, file({ configs: {} }), system)], ['configs']);
});

test('an import that no host serves is named, with those that are served', () => {
  const app = component('acme:gpu/matrix@1.0.0', 'wasi:io/streams@0.3.0');
  assert.throws(
    () => checkGrants(app, file(), system),
    (error: Error) => {
      assert.match(error.message, /does not serve: acme:gpu\/matrix@1\.0\.0, wasi:io\/streams@0\.3\.0\n/);
      assert.match(
        error.message,
        /it serves: .*spiderlightning:cloud\/keyvalue@0\.6\.0.*wasi:io\/streams@0\.2\.3/,
      );
      return true;
    },
  );
});

test('versions are compatible as semver says', () => {
  for (const [served, asked, expected] of [
    ['a:b/c@0.2.3', 'a:b/c@0.2.0', true],
    ['a:b/c@0.2.3', 'a:b/c@0.2.12', true],
    ['a:b/c@0.2.3', 'a:b/c@0.3.3', false],
    ['a:b/c@1.2.3', 'a:b/c@1.9.0', true],
    ['a:b/c@1.2.3', 'a:b/c@2.2.3', false],
    ['a:b/c@0.0.1', 'a:b/c@0.0.2', false],
    ['a:b/c@0.2.0-rc.1', 'a:b/c@0.2.0', false],
    ['a:b/c@0.2.0-rc.1', 'a:b/c@0.2.0-rc.1', true],
    ['a:b/c', 'a:b/c', true],
    ['a:b/c', 'a:b/c@0.1.0', false],
    ['a:b/c@0.1.0', 'a:b/d@0.1.0', false],
  ] as const) {
    assert.equal(isCompatible(served, asked), expected, `${served} ${asked}`);
  }
});
