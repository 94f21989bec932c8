import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { startEarlyWorker } from '../src/host/supervisor/early-worker.ts';
import type { EarlyWorker } from '../src/host/supervisor/early-worker.ts';
import { restrictWorker } from '../src/host/supervisor/restrictions.ts';
import type { Slightfile } from '../src/slightfile/model.ts';
import { readSlightfile } from '../src/slightfile/read.ts';
import { buildTinyGuest } from './guests.ts';
import { appFolder, findChildren, serveApp, waitUntil } from './slight.ts';

let tiny: Uint8Array;
before(async () => {
  tiny = await buildTinyGuest();
});

const slightfile = (rest = '') =>
  `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[http]\naddress = "127.0.0.1:0"\n${rest}`;

async function open(rest = ''): Promise<{ file: Slightfile; early: EarlyWorker | undefined }> {
  const folder = await appFolder({ 'app.wasm': tiny, 'slightfile.toml': slightfile(rest) });
  const file = await readSlightfile(join(folder, 'slightfile.toml'), { env: {} });
  return { file, early: await startEarlyWorker(file) };
}

test('port and process are given to who asks for just these, once', async (t) => {
  const { file, early } = await open();
  t.after(() => early!.drop());
  const port = early!.takePort(file.http)!;
  assert.notEqual(port.address.port, 0);
  assert.equal(early!.takePort(file.http), undefined);
  const wanted = { permissions: restrictWorker(file), env: process.env, fd: port.fd };
  const child = early!.takeProcess(wanted)!;
  assert.equal(child.exitCode, null);
  assert.equal(early!.takeProcess(wanted), undefined);
  early!.drop();
  assert.equal(child.killed, false, 'what was taken is left alone');
  assert.ok(fstatSync(port.fd!).isSocket());
  port.close();
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('who asks for another address, other rights, other variables or another socket gets none, and it ends', async () => {
  type Wanted = Parameters<EarlyWorker['takeProcess']>[0];
  const others: ((wanted: Wanted) => Wanted)[] = [
    (wanted) => ({ ...wanted, permissions: ['--no-addons'] }),
    (wanted) => ({ ...wanted, permissions: [...wanted.permissions, '--allow-addons'] }),
    (wanted) => ({
      ...wanted,
      permissions: wanted.permissions.map((flag) => flag.replace(/^(--allow-fs-write=).*/, '$1*')),
    }),
    (wanted) => ({ ...wanted, env: { ...process.env } }),
    (wanted) => ({ ...wanted, fd: undefined }),
  ];
  for (const change of others) {
    const { file, early } = await open();
    const port = early!.takePort(file.http)!;
    const wanted = { permissions: restrictWorker(file), env: process.env, fd: port.fd };
    assert.equal(early!.takeProcess(change(wanted)), undefined);
    assert.equal(early!.takeProcess(wanted), undefined, 'it was ended');
    port.close();
  }
  const { file, early } = await open();
  assert.equal(early!.takePort({ ...file.http, port: 3 }), undefined);
  assert.equal(early!.takePort(file.http), undefined, 'it was closed');
});

test('a process that has died by itself is given to nobody', async () => {
  const { file, early } = await open();
  const port = early!.takePort(file.http)!;
  const wanted = { permissions: restrictWorker(file), env: process.env, fd: port.fd };
  const [child] = await findChildren(process.pid);
  process.kill(child!, 'SIGKILL');
  // Until this process knows: before that it would be told of the end like that of any other.
  await waitUntil('it is gone', async () => !(await findChildren(process.pid)).includes(child!));
  assert.equal(early!.takeProcess(wanted), undefined);
  port.close();
});

test('nothing is started where the guess could be wrong', async () => {
  assert.equal((await open('[secrets]\nkey = "env:KEY"\n')).early, undefined);
  assert.equal((await open('[blobs]\nfiles = "filesystem:files"\n')).early, undefined);
  const { early } = await open('[keyvalue]\nnotes = "memory"\n');
  assert.ok(early);
  early.drop();
});

test('an app is served by the process that was started first, or by one with the rights that it needs', async () => {
  // Each start of Node tells its program; a worker may write nowhere else.
  const tell = "process._rawDebug('@', require('path').basename(process.argv[1] || ''));";
  for (const [args, workers] of [
    [[], 1],
    [['--config=slightfile.toml'], 1],
    [['--workers', '2'], 2],
  ] as const) {
    const folder = await appFolder({ 'app.wasm': tiny, 'slightfile.toml': slightfile(), 'tell.cjs': tell });
    const env = { NODE_OPTIONS: `--require ${join(folder, 'tell.cjs')}` };
    const app = await serveApp(folder, [...args], env);
    const count = () => app.stderr().match(/^@ worker\.ts$/gm)?.length ?? 0;
    await waitUntil('all have started', () => count() >= workers);
    assert.equal((await fetch(app.url)).status, 200);
    await app.stop();
    assert.equal(count(), workers, app.stderr());
  }
});
