import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { deriveBackendPages, folder } from '../scripts/generate-backends.ts';

test('the pages of backends are up to date: `npx node scripts/generate-backends.ts` writes them', async () => {
  const pages = await deriveBackendPages();
  assert.ok(pages.length >= 4);
  for (const [path, text] of pages) {
    assert.ok(existsSync(path), `${path} is missing`);
    assert.equal(readFileSync(path, 'utf8'), text, path);
  }
  assert.deepEqual(readdirSync(folder).toSorted(), pages.map(([path]) => basename(path)).toSorted());
});

test('every feature that a backend has is on its page, with its meaning where the contract says one', async () => {
  const pages = new Map((await deriveBackendPages()).map(([path, text]) => [basename(path), text]));
  const blobs = pages.get('blobs.md')!;
  assert.match(blobs, /^\| `only-if-absent` \| yes \| yes \|/m);
  assert.match(blobs, /^\| `durable` \| {2}\| yes \| finished objects survive/m);
  assert.match(blobs, /^\| `capacity` \| number \| `268435456` \| `1073741824` \| Most bytes/m);
  assert.match(pages.get('configs.md')!, /^\| `set` \|/m);
  assert.match(pages.get('keyvalue.md')!, /^- Needs a library: `npm install /m);
});
