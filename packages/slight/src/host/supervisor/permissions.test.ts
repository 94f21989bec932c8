import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GrantName } from '../../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { parseSlightfile } from '../../slightfile/parse.ts';
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

function appWith(folder: string, keyvalue: string): Slightfile {
  const text = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\n${keyvalue}\n`;
  return parseSlightfile(text, join(folder, 'slightfile.toml'), { env: {} });
}

test('workers write to their data, and start nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-permissions-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const data = join(folder, '.slight');
  const beside = join(folder, '.slight.not');
  const hooks = join(folder, '.git/hooks');
  const permissions = await findPermissions(appWith(folder, 'one = "sqlite"\nother = "redis://cache"'), []);
  assert.deepEqual(attempt(permissions, [data, beside, hooks]), {
    [data]: 'done',
    [beside]: 'ERR_ACCESS_DENIED',
    [hooks]: 'ERR_ACCESS_DENIED',
    read: 'done',
    spawn: 'ERR_ACCESS_DENIED',
    addon: 'ERR_DLOPEN_DISABLED',
    thread: 'done',
  });
});

test('without a slightfile it is what the app imports that counts', async () => {
  const file = { ...appWith('/app', 'one = "sqlite"'), path: undefined };
  const isKept = async (used: GrantName[]) => (await findPermissions(file, used)).includes('--permission');
  assert.equal(await isKept(['keyvalue', 'configs', 'outgoing']), true);
  assert.equal(await isKept(['keyvalue', 'blobs']), false);
});

test('an app with databases may do no more: its supervisor starts the processes that run SQL', async () => {
  const text = (tables: string) => `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${tables}`;
  const flags = (tables: string) =>
    findPermissions(parseSlightfile(text(tables), '/app/slightfile.toml', { env: {} }), []);
  assert.deepEqual(await flags('[sql]\nshop = "sqlite"\n'), await flags('[keyvalue]\nshop = "sqlite"\n'));
});

test('a backend that must flush files does without the permission model, which would forbid it', async () => {
  const without = await findPermissions(appWith('/app', 'one = "sqlite"\nother = "filesystem"'), []);
  assert.deepEqual(attempt(without, []), {
    read: 'done',
    spawn: 'done',
    addon: 'ERR_DLOPEN_DISABLED',
    thread: 'done',
  });
  // The reason for it: should Node allow this one day, the exception has to go.
  const program = `const fs = require('node:fs');
    try { fs.fsyncSync(fs.openSync(process.execPath)); } catch (error) { console.log(error.code); }`;
  const flags = await findPermissions(appWith('/app', 'one = "sqlite"'), []);
  const said = execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
  assert.equal(said, 'ERR_ACCESS_DENIED\n');
});
