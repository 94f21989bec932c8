import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as face from '@spiderlightning/component';
import * as core from '@spiderlightning/component/core';
import { start } from './fixture.ts';
import { greeter } from './greeter.ts';

const folder = join(import.meta.dirname, '..');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const api = readFileSync(join(folder, 'src/api.ts'), 'utf8');

test("the README's example does what it says", async () => {
  const instance = await start(
    greeter,
    { 'example:people/names@1.0.0': { find: async (id: number) => `person ${id}` } },
    { memory: 64 * 1024 * 1024 },
  );
  assert.equal(await instance.call('greet', [7], { deadline: 1_000, cpu: 200 }), 'person 7');
  instance.dispose();
});

/** The first column of the table behind a heading. */
function listRows(heading: string): string[] {
  const [, section] = readme.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [, table] = /^\| -.*\n((?:\|.*\n)+)/m.exec(section!)!;
  return [...table!.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!);
}

/** The members of a union of strings in `api.ts`. */
function listCodes(type: string): string[] {
  const [, union] = new RegExp(`export type ${type} =((?:\\n +\\| .*)+)`).exec(api)!;
  return [...union!.matchAll(/^ *\| '([a-z-]+)'/gm)].map(([, code]) => code!);
}

test('the README has every code of traps and errors, and none that is not there', () => {
  for (const [heading, type] of [
    ['Traps', 'TrapCode'],
    ['Errors', 'ComponentErrorCode'],
  ] as const) {
    assert.ok(listCodes(type).length > 5);
    assert.deepEqual(listRows(heading), listCodes(type));
  }
});

test('the README has every export', () => {
  const missing = [...Object.keys(face), ...Object.keys(core)].filter(
    (name) => !new RegExp(`^\\| \`(?:.*, \`)?${name}\\b`, 'm').test(readme),
  );
  assert.deepEqual(missing, []);
});
