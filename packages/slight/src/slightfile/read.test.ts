import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { SlightfileError } from './error.ts';
import { readSlightfile } from './read.ts';

test('a file is read from disk, and what cannot be read is said', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slightfile-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'slightfile.toml');
  const failure = async (file: string): Promise<string> => {
    const error = await readSlightfile(file, { env: {} }).catch((reason: unknown) => reason);
    assert.ok(error instanceof SlightfileError);
    return error.message;
  };
  assert.match(await failure(path), /slightfile\.toml: there is no such file\n {2}fix: /);
  assert.match(await failure(folder), /this is a folder/);
  assert.match(await failure(join(folder, 'slightfile.toml\u0000')), /cannot be read/);
  writeFileSync(path, Buffer.from([0x23, 0xff, 0xfe]));
  assert.match(await failure(path), /not text in UTF-8/);
  writeFileSync(path, 'specversion = "0.3"\n[app]\ncomponent = "a.wasm"\n');
  const file = await readSlightfile(path, { env: {} });
  assert.equal(file.app.component, join(folder, 'a.wasm'));
});
