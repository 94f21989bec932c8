import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slightfile } from '../slightfile/model.ts';
import { withoutSlightfile } from '../slightfile/absent.ts';
import { checkExports, findRoles, isProgram } from './exports.ts';

const name = (handler: string) => `spiderlightning:cloud/${handler}@0.6.0`;
const position = { line: 5, column: 1 };
const watch = { name: 'prices', store: 'shop', prefix: '', key: undefined, position };
const file = (tables: Partial<Slightfile> = {}): Slightfile => ({
  ...withoutSlightfile('/app/app.wasm'),
  path: '/app/slightfile.toml',
  ...tables,
});

test('a component that exports nothing to run is told so', () => {
  assert.throws(() => checkExports(['acme:cli/run@1.0.0'], file()), {
    name: 'StartError',
    message: /exports no handler\n.*acme:cli\/run@1\.0\.0\n {2}fix: .*http-service.*worker or command/,
  });
});

test('a table without the export that it needs is refused, with its place and what to export', () => {
  const only = [name('http-handler'), name('schedule-handler')];
  assert.throws(() => checkExports(only, file({ watch: [watch] })), {
    name: 'StartError',
    message:
      /^\/app\/slightfile\.toml:5:1: \[\[watch\]\] needs .*watch-handler.*\n {2}fix: export `onChange`/,
  });
  assert.deepEqual(checkExports([name('watch-handler')], file({ watch: [watch] })), []);
});

test('an export that nothing calls is a hint where the app does something else, and refused where not', () => {
  const [hint, ...more] = checkExports([name('http-handler'), name('watch-handler')], file());
  assert.match(hint!, /watch-handler@0\.6\.0, and nothing calls it: add \[\[watch\]\]/);
  assert.deepEqual(more, []);
  assert.throws(() => checkExports([name('watch-handler')], file()), {
    message: /nothing would ever call it: .*has no \[\[watch\]\]\n[^]*\n {4}\[\[watch\]\]\n {4}name = /,
  });
  assert.throws(() => checkExports([name('watch-handler')], withoutSlightfile('/a.wasm')), {
    message: /there is no slightfile\n {2}fix: write a slightfile\.toml/,
  });
});

test('what exports a command and nothing else is a program; any other that was asked to be one is refused', () => {
  assert.equal(isProgram(findRoles([name('http-handler'), name('command-handler')])), false);
  assert.equal(isProgram(findRoles([name('watch-handler'), name('command-handler')])), false);
  assert.equal(isProgram(findRoles([name('command-handler')])), true);
  assert.equal(isProgram(findRoles([])), false);
  assert.deepEqual(checkExports([name('http-handler'), name('command-handler')], file(), true), []);
  assert.throws(() => checkExports([name('http-handler')], file(), true), /is no command: .*command-handler/);
});
