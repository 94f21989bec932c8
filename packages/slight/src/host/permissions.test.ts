import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSlightfile } from '../slightfile/parse.ts';
import { findPermissions } from './permissions.ts';

/** What happens to a process with these flags that tries everything. */
function attempt(flags: readonly string[], paths: readonly string[]): { [what: string]: string } {
  const program = `
    const { mkdirSync, writeFileSync, readFileSync } = require('node:fs');
    const { spawnSync } = require('node:child_process');
    const outcome = {};
    const attempt = (what, act) => {
      try { act(); outcome[what] = 'done'; } catch (error) { outcome[what] = error.code; }
    };
    for (const path of process.argv.slice(1)) attempt(path, () => {
      mkdirSync(path, { recursive: true });
      writeFileSync(path + '/file', '');
    });
    attempt('read', () => readFileSync(process.execPath, { flag: 'r' }).length);
    attempt('spawn', () => spawnSync(process.execPath, ['-v']));
    attempt('addon', () => process.dlopen({ exports: {} }, '/no.node'));
    attempt('thread', () => new (require('node:worker_threads').Worker)('', { eval: true }));
    console.log(JSON.stringify(outcome));`;
  const args = [...flags, '-e', program, ...paths];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as { [what: string]: string };
}

test('workers write to their data and to what their backends name, and start nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-permissions-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = parseSlightfile(
    `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\nfiles = "filesystem:./kept"\nother = "sqlite"\n`,
    join(folder, 'slightfile.toml'),
    { env: {} },
  );
  const data = join(folder, '.slight');
  const kept = join(folder, 'kept');
  const beside = join(folder, 'kept.not');
  const hooks = join(folder, '.git/hooks');
  assert.deepEqual(attempt(await findPermissions(file), [data, kept, beside, hooks]), {
    [data]: 'done',
    [kept]: 'done',
    [beside]: 'ERR_ACCESS_DENIED',
    [hooks]: 'ERR_ACCESS_DENIED',
    read: 'done',
    spawn: 'ERR_ACCESS_DENIED',
    addon: 'ERR_DLOPEN_DISABLED',
    thread: 'done',
  });
});
