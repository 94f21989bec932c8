import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildScriptGuest, buildTinyGuest } from './guests.ts';
import { ask, startLoad } from './load.ts';
import { appFolder, findChildren, isAlive, runCommand, serveApp, waitUntil } from './slight.ts';
import type { Served } from './slight.ts';

let tiny: Uint8Array;
let script: Uint8Array;
before(async () => {
  tiny = await buildTinyGuest();
  script = await buildScriptGuest();
});

const slightfile = (stores = 'notes = "sqlite"\n') =>
  `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\n${stores}`;

async function serveScript(...args: string[]): Promise<Served> {
  const app = await serveApp(await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() }), args);
  await allWork(app, args);
  return app;
}

async function allWork(app: Served, args: readonly string[]): Promise<void> {
  const wanted = Number(args[args.indexOf('--workers') + 1] ?? 1);
  await waitUntil('all workers run', async () => (await app.workers()).length === wanted);
}

/** For a connection of its own: one that is kept may bring one more request to a worker that was replaced. */
const closing = { connection: 'close' };

/** Asks for new workers and waits until they are there. */
async function replaceWorkers(app: Served): Promise<void> {
  const count = () => app.stderr().split('the workers are replaced').length;
  const before = count();
  app.child.kill('SIGHUP');
  await waitUntil('the workers are replaced', () => count() > before);
}

test('a worker that is killed loses its own requests only', async (t) => {
  const app = await serveScript('--workers', '2', '--health', '127.0.0.1:0');
  const health = async () =>
    (await (await fetch(app.health!)).json()) as {
      workers: { serving: number };
      instances: { busy: number };
    };
  await waitUntil('both serve', async () => (await health()).workers.serving === 2);
  const [first, second] = (await app.workers()) as [number, number];
  const start = (ms: number) =>
    Promise.allSettled(Array.from({ length: 8 }, () => ask(`${app.url}/sleep/${ms}`)));
  const outcomes = async (started: ReturnType<typeof start>) =>
    (await started).map((each) => (each.status === 'fulfilled' ? each.value : 'lost'));

  // Which of them takes a connection is the kernel's choice: the other one sleeps meanwhile.
  process.kill(second, 'SIGSTOP');
  // One that sleeps does not notice that its supervisor is gone.
  t.after(() => isAlive(second) && process.kill(second, 'SIGCONT'));
  const doomed = start(25_000);
  await waitUntil('the first works', async () => (await health()).instances.busy === 8);
  process.kill(second, 'SIGCONT');
  const load = startLoad(`${app.url}/`, 4);
  process.kill(first, 'SIGSTOP');
  const others = start(1_000);
  process.kill(first, 'SIGKILL');

  const meanwhile = await Promise.all(Array.from({ length: 10 }, () => ask(`${app.url}/`)));
  assert.deepEqual(new Set(meanwhile), new Set([200]));
  assert.deepEqual(new Set(await outcomes(doomed)), new Set(['lost']));
  assert.deepEqual(new Set(await outcomes(others)), new Set([200]));
  assert.ok(isAlive(second), 'the other worker was not replaced');
  await waitUntil('both serve again', async () => (await health()).workers.serving === 2);
  const { answered, lost } = await load.stop();
  assert.ok(answered > 0);
  assert.ok(
    lost.length <= 4,
    `each client lost at most what it had asked the killed one: ${lost.join(', ')}`,
  );
  assert.equal((await app.stop()).code, 0);
});

test('while a lone worker is replaced connections wait, none is refused', async () => {
  const app = await serveScript();
  const worker = await app.worker();
  process.kill(worker, 'SIGKILL');
  await waitUntil('it is gone', () => !isAlive(worker));
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`${app.url}/`)));
  assert.deepEqual(new Set(answers), new Set([200]));
  assert.equal((await app.stop()).code, 0);
});

/** `ROLLOUTS=100 npm test -- packages/slight/test/workers.test.ts` takes some minutes. */
const rollouts = Number(process.env.ROLLOUTS ?? 3);

test(
  'workers are replaced under load without losing a request, and leave',
  { timeout: 900_000 },
  async () => {
    const app = await serveScript('--workers', '2');
    const load = startLoad(`${app.url}/`, 8);
    const seen = new Set(await app.workers());
    for (let round = 0; round < rollouts; round++) {
      await replaceWorkers(app);
      for (const pid of await app.workers()) seen.add(pid);
    }
    const { answered, lost } = await load.stop();
    assert.deepEqual(lost, []);
    assert.ok(answered > 0);
    assert.ok(seen.size >= 2 + 2 * rollouts, `there were ${seen.size} workers`);
    await waitUntil('the former ones are gone', async () => (await app.workers()).length === 2);
    assert.equal((await app.stop()).code, 0);
    assert.deepEqual([...seen].filter(isAlive), []);
  },
);

test('a request that is under way when its worker is replaced is answered', async () => {
  const app = await serveScript();
  const slow = app.get('/until/replaced');
  await waitUntil('it is under way', async () => {
    await ask(`${app.url}/`);
    return app.stderr().includes('GET / 200');
  });
  await replaceWorkers(app);
  assert.equal((await app.get('/notes/replaced', { method: 'PUT', body: '1' })).status, 200);
  const answer = await slow;
  assert.deepEqual([answer.status, answer.body], [200, 'waited']);
  assert.equal(answer.headers.get('connection'), 'close');
  assert.equal((await app.stop()).code, 0);
});

test('all workers see what one of them wrote', async () => {
  const app = await serveScript('--workers', '3');
  const count = 60;
  const values = await Promise.all(
    Array.from({ length: count }, async () => {
      return Number((await app.get('/notes/n', { method: 'POST', headers: closing })).body);
    }),
  );
  assert.deepEqual(
    values.toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, index) => index + 1),
  );
  assert.equal((await app.stop()).code, 0);
});

test('what lives in the memory of one process has one worker, and is lost with it', async () => {
  const files = { 'app.wasm': script, 'slightfile.toml': slightfile('notes = "memory"\n') };
  const refused = await runCommand(await appFolder(files), ['run', '--workers', '2']);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /slightfile\.toml:5:9: keyvalue "notes" \(memory\) lives in the memory of one process, and the app is to run in 2/,
  );
  assert.match(
    refused.stderr,
    /fix: run it with one worker, or keep the data where all of them see it: "sqlite"/,
  );
  const app = await serveApp(await appFolder(files));
  await app.get('/notes/a', { method: 'PUT', body: 'kept', headers: closing });
  await replaceWorkers(app);
  assert.match(app.stderr(), /what was kept in memory is gone: keyvalue "notes" \(memory\)/);
  assert.equal((await app.get('/notes/a', { headers: closing })).body, 'null');
  assert.equal((await app.stop()).code, 0);
});

test('a number of workers that is none is wrong use', async () => {
  for (const count of ['0', 'two', '2000']) {
    const { code, stderr } = await runCommand(await appFolder(), ['run', 'app.wasm', '--workers', count]);
    assert.equal(code, 2);
    assert.match(stderr, /whole number from 1 to 1024/);
  }
});

test('with --watch-app another component takes over; one that does not start leaves all as it was', async () => {
  const folder = await appFolder({ 'app.wasm': tiny });
  const path = join(folder, 'app.wasm');
  const app = await serveApp(folder, ['app.wasm', '--watch-app', '--workers', '2']);
  const body = async () => (await app.get('/', { headers: closing })).body;
  assert.equal(await body(), 'ok');

  await writeFile(path, tiny.subarray(0, tiny.length - 20));
  await waitUntil('the broken one is refused', () =>
    /nothing was replaced, the app goes on as it was: .*app\.wasm cannot be run/.test(app.stderr()),
  );
  assert.equal(await body(), 'ok');
  const [worker] = await app.workers();
  process.kill(worker!, 'SIGKILL');
  await waitUntil('the former app is started again', () => app.stderr().includes('listening again'));
  assert.equal(await body(), 'ok');

  const load = startLoad(`${app.url}/`, 4, false);
  await rm(path);
  await writeFile(`${path}.new`, script);
  await rename(`${path}.new`, path);
  await waitUntil('the new one serves', () => app.stderr().includes('the workers are replaced'));
  assert.equal(await body(), 'still here');
  const { answered, lost } = await load.stop();
  assert.ok(answered > 0);
  assert.deepEqual(lost, []);
  assert.equal((await app.stop()).code, 0);
});

test('SIGHUP reads the slightfile again; one with mistakes leaves all as it was', async () => {
  const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
  const app = await serveApp(folder);
  const open = async () => (await app.get('/open/extra', { headers: closing })).status;
  assert.equal(await open(), 500);

  await writeFile(join(folder, 'slightfile.toml'), slightfile('extra = 1\n'));
  app.child.kill('SIGHUP');
  await waitUntil('the mistake is told', () => /nothing was replaced.*\n?.*extra/.test(app.stderr()));
  assert.equal(await ask(`${app.url}/`), 200);

  const more = `${slightfile('notes = "sqlite"\nextra = "sqlite"\n')}[limits]\nworkers = 2\n`;
  await writeFile(join(folder, 'slightfile.toml'), more);
  await replaceWorkers(app);
  assert.equal(await open(), 200);
  await waitUntil('there are two workers', async () => (await app.workers()).length >= 2);
  assert.equal((await app.stop()).code, 0);
});

const skip =
  process.platform !== 'linux' && 'only Linux tells of processes that have ended and are still listed';

test('a process that has ended is not alive, also where nobody asks for its end', { skip }, async (t) => {
  // What takes the place of the shell does not know of its child.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => parent.kill('SIGKILL'));
  const pid = Number((await once(parent.stdout, 'data')).join(''));
  assert.ok(isAlive(pid));
  await waitUntil('it has ended', () => !isAlive(pid));
  assert.doesNotThrow(() => process.kill(pid, 0), 'it is still listed');
});

test('no process is left when the supervisor is killed, or whoever started it is gone', async () => {
  const killed = await serveScript('--workers', '2');
  const workers = await killed.workers();
  killed.child.kill('SIGKILL');
  await waitUntil('the workers are gone', () => !workers.some(isAlive));

  // As bin/slight.js starts it under a Node that is too old.
  const follow = async () => {
    const bin = join(import.meta.dirname, '../bin/slight.js');
    const folder = await appFolder({ 'app.wasm': tiny });
    const args = ['run', 'app.wasm', '--address', '127.0.0.1:0'];
    const child = fork(bin, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    return { child, ended: once(child, 'exit') };
  };
  const { child, ended } = await follow();
  await Promise.race([once(child.stdout!, 'data'), ended]);
  const started = await findChildren(child.pid!);
  child.disconnect();
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(started.filter(isAlive), []);

  // Gone while it still starts: before it listens for that.
  const hasty = await follow();
  hasty.child.disconnect();
  assert.deepEqual(await hasty.ended, [0, null]);
});
