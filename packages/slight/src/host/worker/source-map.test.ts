import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { placeTranslator, translateBytes } from './source-map.ts';

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
  const noText = new Uint8Array([0xff, 0xfe]);
  assert.equal(translateBytes(noText, translate), noText);
  assert.equal(Buffer.from(translateBytes(Buffer.from(stack), translate)).toString(), translate(stack));
});

test("frames of ignored sources are left out, where an author's remain", () => {
  // Lines 1, 2 and 3 of the bundle: line 1 of the author's file, of the SDK's, and of what the build wrote.
  const map = {
    version: 3,
    sources: ['src/app.ts', 'node_modules/sdk/store.ts', 'entry.js'],
    names: [],
    mappings: 'AAAA;ACAA;ACAA',
    ignoreList: [1, 2],
  };
  writeFileSync(join(folder, 'trimmed.wasm.map'), JSON.stringify(map));
  const translate = placeTranslator(join(folder, 'trimmed.wasm'));
  const at = (name: string, line: number) => `    at ${name} (componentize-qjs:user.js:${line}:1)\n`;
  const native = '    at parse (native)\n';
  const author = `    at mine (${relative(process.cwd(), join(folder, 'src/app.ts'))}:1:1)\n`;
  const sdk = (name: string) =>
    `    at ${name} (${relative(process.cwd(), join(folder, 'node_modules/sdk/store.ts'))}:1:1)\n`;
  const whole = `it failed: Error: no\n${at('translate', 2)}${native}${at('get', 2)}${at('mine', 1)}${at('run', 3)}`;
  assert.equal(translate(`${whole}and then\n`), `it failed: Error: no\n${author}and then\n`);
  // What the author called, and what nobody else could be to blame for.
  assert.equal(translate(`E\n${native}${at('mine', 1)}${native}`), `E\n${native}${author}${native}`);
  assert.equal(translate(`E\n${native}${at('get', 2)}`), `E\n${native}${sdk('get')}`);
  // The stack of a cause is one of its own.
  assert.equal(
    translate(`${whole}[cause]: Error: why\n${at('get', 2)}`),
    `it failed: Error: no\n${author}[cause]: Error: why\n${sdk('get')}`,
  );
});

test('without a map, or with a broken one, the text stays', () => {
  writeFileSync(join(folder, 'broken.wasm.map'), '{');
  for (const name of ['none.wasm', 'broken.wasm'])
    assert.equal(placeTranslator(join(folder, name))(stack), stack);
});

test(
  'a long stack takes no longer than another text, and what is far too long stays as it is',
  { timeout: 30_000 },
  () => {
    const translate = placeTranslator(join(folder, 'trimmed.wasm'));
    // By the square of its length this would take minutes.
    const native = '\n at x'.repeat(150_000);
    const place = '\n    at mine (componentize-qjs:user.js:1:1)';
    assert.ok(translate(`E${native}${place}`).startsWith(`E${native}`));
    const long = `E${place}${native.repeat(2)}`;
    assert.equal(translate(long), long);
  },
);
