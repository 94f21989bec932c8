import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { placeTranslator } from './source-map.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-map-'));
after(() => rmSync(folder, { recursive: true }));

const stack = 'Error: boom\n    at f (componentize-qjs:user.js:2:3)\n    at native\n';

test('places in the bundle become places in the sources', () => {
  // Line 2, column 3 of the bundle is line 6, column 4 of ../src/app.ts.
  const map = { version: 3, sources: ['../src/app.ts'], names: [], mappings: ';EAKG' };
  writeFileSync(join(folder, 'app.wasm.map'), JSON.stringify(map));
  const file = relative(process.cwd(), join(folder, '../src/app.ts'));
  const translate = placeTranslator(join(folder, 'app.wasm'));
  assert.equal(translate(stack), `Error: boom\n    at f (${file}:6:4)\n    at native\n`);
  assert.equal(translate('nothing here'), 'nothing here');
});

test('without a map, or with a broken one, the text stays', () => {
  writeFileSync(join(folder, 'broken.wasm.map'), '{');
  for (const name of ['none.wasm', 'broken.wasm'])
    assert.equal(placeTranslator(join(folder, name))(stack), stack);
});
