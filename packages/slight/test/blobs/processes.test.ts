import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openCapability } from '../../src/capabilities/core/open.ts';

void test('of processes that each want to be the first to write an object, one is', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'slight-blobs-processes-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const bind = { name: 'files', bind: 'filesystem', config: {} };
  const blobs = await openCapability('blobs', bind, { dataDir, timeout: 20_000 });
  await blobs.createContainer('box');
  const count = 30;
  const script = join(import.meta.dirname, 'first-writer.ts');
  const writers = ['one', 'two', 'three'];
  const won = await Promise.all(
    writers.map(async (self) => {
      const { stdout } = await promisify(execFile)(process.execPath, [script, dataDir, String(count), self]);
      return stdout.trim().split('\n').filter(Boolean);
    }),
  );
  assert.equal(won.flat().length, count);
  assert.equal(new Set(won.flat()).size, count);
  for (const [index, names] of won.entries()) {
    for (const name of names) {
      const stream = (await blobs.read('box', name))!;
      assert.equal(Buffer.from((await stream.read(100))!).toString(), writers[index], name);
      await stream.close();
    }
  }
  await blobs.close();
  assert.deepEqual(
    readdirSync(join(dataDir, 'blobs/files/.meta')).filter((name) => name.startsWith('uploads-')),
    [],
  );
});
