import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimData, useData } from '../src/host/data-lock.ts';
import { buildTinyGuest } from './guests.ts';
import { appFolder, runCommand, serveApp } from './slight.ts';

const bin = join(import.meta.dirname, '../bin/slight.js');

const withData = () =>
  appFolder({ '.slight/keyvalue.db': 'x'.repeat(1_536), '.slight/keyvalue/orders/k': 'v', 'app.wasm': '' });

test('it removes the data of the app and nothing else, where it is told to', async () => {
  const folder = await withData();
  const { code, stdout, stderr } = await runCommand(folder, ['clean', '--yes']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /\.slight: 1\.5 KiB in 2 files, all that the app stored on this machine\n/);
  assert.match(stderr, /removed .*\.slight: 1\.5 KiB in 2 files\n$/);
  assert.deepEqual(readdirSync(folder), ['app.wasm']);
  const again = await runCommand(folder, ['clean', '--yes', '--json']);
  assert.deepEqual([again.code, again.stdout], [0, '{"removed":[]}\n']);
  assert.match(again.stderr, /there is nothing to remove: no .*\.slight\n/);
});

test('the data lies beside the slightfile, and programs can read what was removed', async () => {
  const folder = await withData();
  const elsewhere = await withData();
  writeFileSync(join(folder, 'slightfile.toml'), 'specversion = "0.3"\n');
  const { code, stdout } = await runCommand(elsewhere, [
    'clean',
    '-y',
    '--json',
    '-c',
    join(folder, 'slightfile.toml'),
  ]);
  assert.equal(code, 0);
  const removed = [{ path: join(folder, '.slight'), bytes: 1_537, files: 2 }];
  assert.deepEqual(JSON.parse(stdout), { removed });
  assert.ok(!existsSync(join(folder, '.slight')) && existsSync(join(elsewhere, '.slight')));
});

test('without a terminal it says what it would remove, and removes nothing', async () => {
  const folder = await withData();
  const { code, stderr } = await runCommand(folder, ['clean']);
  assert.equal(code, 2);
  assert.match(stderr, /1\.5 KiB in 2 files[^]*nothing was removed: [^]*\n {2}fix: slight clean --yes/);
  assert.ok(existsSync(join(folder, '.slight/keyvalue/orders/k')));
});

const noTerminal = spawnSync('script', ['--version']).status !== 0 && 'needs `script` of util-linux';

test('on a terminal it asks, and takes yes alone for yes', { skip: noTerminal }, async () => {
  const folder = await withData();
  const ask = (answer: string) =>
    spawnSync('script', ['-qec', `'${process.execPath}' '${bin}' clean`, '/dev/null'], {
      cwd: folder,
      input: answer,
      encoding: 'utf8',
    });
  for (const answer of ['\n', 'n\n', 'nyes\n']) {
    const { status, stdout } = ask(answer);
    assert.match(stdout, /Remove it for good\? \[y\/N\][^]*nothing was removed/);
    assert.equal(status, 1);
    assert.ok(existsSync(join(folder, '.slight/keyvalue.db')));
  }
  const { status, stdout } = ask('y\n');
  assert.equal(status, 0, stdout);
  assert.ok(!existsSync(join(folder, '.slight')));
});

test('while the app runs it refuses, also before the app stored anything', async () => {
  const component = await buildTinyGuest('keyvalue');
  const stored = '[keyvalue]\nnotes = "filesystem"\n';
  const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${stored}`;
  for (const files of [[['slightfile.toml', slightfile]], []]) {
    const folder = await appFolder({ 'app.wasm': component, ...Object.fromEntries(files) });
    const app = await serveApp(folder, ['app.wasm']);
    const { code, stderr } = await runCommand(folder, ['clean', '--yes']);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /an app that stores its data in .*\.slight is running\n {2}fix: stop it/);
    assert.equal((await app.get('/')).status, 200);
    await app.stop('SIGKILL');
    const after = await runCommand(folder, ['clean', '--yes']);
    assert.equal(after.code, 0, after.stderr);
    assert.ok(!existsSync(join(folder, '.slight')));
  }
});

test('while it removes, nothing starts; several apps may use one folder', async () => {
  const folder = join(await withData(), '.slight');
  const claim = claimData(folder)!;
  assert.throws(() => useData(folder), { name: 'StartError', message: /being removed by slight clean/ });
  claim.release();
  useData(folder);
  assert.equal(claimData(folder), undefined);
  useData(folder);
  assert.doesNotThrow(() => useData(join(folder, 'missing')));
  assert.ok(!existsSync(join(folder, 'missing')));
});

test('a link in the place of the data is left alone, and links in it are not followed', async () => {
  const folder = await withData();
  const other = await withData();
  symlinkSync(join(other, '.slight'), join(folder, '.slight/link'));
  assert.equal((await runCommand(folder, ['clean', '--yes'])).code, 0);
  symlinkSync(join(other, '.slight'), join(folder, '.slight'));
  const { code, stderr } = await runCommand(folder, ['clean', '--yes']);
  assert.equal(code, 1);
  assert.match(stderr, /\.slight is no folder of slight\n {2}fix: /);
  assert.ok(existsSync(join(other, '.slight/keyvalue.db')));
  rmSync(join(folder, '.slight'));
});

test('--cache removes what is kept to start faster, and no data', async () => {
  const folder = await withData();
  const cache = join(folder, 'cache');
  mkdirSync(join(cache, 'slight/modules'), { recursive: true });
  writeFileSync(join(cache, 'slight/modules/a'), 'module');
  writeFileSync(join(cache, 'slight/other'), 'not ours to remove');
  const env = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined };
  const { code, stdout, stderr } = await runCommand(folder, ['clean', '--cache', '--json'], env);
  assert.equal(code, 0, stderr);
  const { removed } = JSON.parse(stdout) as { removed: { path: string }[] };
  assert.deepEqual(
    removed.map(({ path }) => path),
    [join(cache, 'slight/modules'), join(cache, 'slight/compile')],
  );
  assert.deepEqual(readdirSync(join(cache, 'slight')), ['other']);
  assert.ok(existsSync(join(folder, '.slight/keyvalue.db')));
});

test('what Node compiled is for its user alone, and a folder that others may write to is not used', async () => {
  const [fresh, open] = [await appFolder(), await appFolder()];
  mkdirSync(join(open, 'slight/compile'), { recursive: true });
  chmodSync(join(open, 'slight/compile'), 0o777);
  for (const cache of [fresh, open]) {
    const env = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined };
    assert.equal((await runCommand(cache, ['backends'], env)).code, 0);
  }
  assert.equal(statSync(join(fresh, 'slight/compile')).mode & 0o777, 0o700);
  assert.notDeepEqual(readdirSync(join(fresh, 'slight/compile')), []);
  assert.deepEqual(readdirSync(join(open, 'slight/compile')), []);
});
