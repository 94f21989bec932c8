import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { before, test } from 'node:test';
import { buildScriptGuest, buildTinyGuest } from './guests.ts';
import {
  appFolder,
  findChild,
  isAlive,
  serveApp,
  startCommand,
  storeNote,
  waitForLog,
  waitUntil,
} from './slight.ts';

let tiny: Uint8Array;
let script: Uint8Array;
before(async () => {
  tiny = await buildTinyGuest();
  script = await buildScriptGuest();
});

const slightfile = (rest = '') =>
  `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\nnotes = "sqlite"\n${rest}`;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} finishes the requests under way, takes no new ones, and exits with 0`, async () => {
    const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
    const app = await serveApp(folder);
    const worker = await app.worker();
    const slow = app.get('/until/stopping');
    await waitUntil('the request is under way', async () => {
      await app.get('/');
      return app.stderr().includes('GET / 200');
    });
    app.child.kill(signal);
    await waitUntil('no new connections', () => refused(app.url));
    await storeNote(folder, 'stopping');
    const answer = await slow;
    assert.deepEqual([answer.status, answer.body], [200, 'waited']);
    assert.equal(answer.headers.get('connection'), 'close');
    const { code } = await app.ended;
    assert.equal(code, 0);
    assert.equal(isAlive(worker), false);
  });
}

test('a second Ctrl-C ends it at once', async () => {
  const app = await serveApp(await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() }));
  const worker = await app.worker();
  const cut = assert.rejects(app.get('/until/never'));
  await waitUntil('it answers', async () => (await app.get('/')).status === 200);
  app.child.kill('SIGINT');
  await waitUntil('it is stopping', () => app.stderr().includes('stopping'));
  app.child.kill('SIGINT');
  assert.equal((await app.ended).code, 1);
  await cut;
  await waitUntil('the worker is gone', () => !isAlive(worker));
});

test('a worker that dies is replaced, on the same port, and data is still there', async () => {
  const app = await serveApp(await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() }));
  await app.get('/notes/a', { method: 'PUT', body: 'kept' });
  const first = await app.worker();
  process.kill(first, 'SIGKILL');
  await waitUntil('another worker listens', () => app.stderr().includes('listening again'));
  assert.equal((await app.get('/notes/a')).body, '"kept"');
  assert.notEqual(await app.worker(), first);
  assert.match(app.stderr(), /the worker process is gone \(it ended with SIGKILL\); starting another/);
  assert.equal((await app.stop()).code, 0);
});

test('a worker does not outlive its supervisor', async () => {
  const app = await serveApp(await appFolder({ 'app.wasm': tiny }), ['app.wasm']);
  const worker = await app.worker();
  app.child.kill('SIGKILL');
  await waitUntil('the worker is gone', () => !isAlive(worker));
});

test('what was stored without a slightfile is there after a restart', async () => {
  const folder = await appFolder({ 'app.wasm': script });
  const first = await serveApp(folder, ['app.wasm']);
  assert.equal((await first.get('/notes/n', { method: 'POST' })).body, '1');
  assert.equal((await first.stop()).code, 0);
  const second = await serveApp(folder, ['app.wasm']);
  assert.equal((await second.get('/notes/n', { method: 'POST' })).body, '2');
  assert.equal((await second.stop()).code, 0);
});

test('beyond its instances and its queue requests are answered 503 with Retry-After', async () => {
  const limits = '[limits]\ninstances = 2\nqueue = 1\n';
  const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile(limits) });
  const app = await serveApp(folder);
  const answers: Awaited<ReturnType<typeof app.get>>[] = [];
  const asked = Array.from({ length: 8 }, async () => answers.push(await app.get('/until/free')));
  await waitUntil('those beyond are refused', () => answers.length === 5);
  await storeNote(folder, 'free');
  await Promise.all(asked);
  const counts = (status: number) => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual([counts(200), counts(503)], [3, 5]);
  const busy = answers.find(({ status }) => status === 503)!;
  assert.equal(busy.headers.get('retry-after'), '1');
  assert.equal((await app.get('/')).status, 200);
  assert.equal((await app.stop()).code, 0);
});

test('a request that takes longer than the deadline is answered 504', async () => {
  const limits = '[limits]\ninstances = 1\ndeadline = "300ms"\n';
  const app = await serveApp(await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile(limits) }));
  const late = await app.get('/wait/60000', { headers: { 'x-request-id': 'late' } });
  assert.equal(late.status, 504);
  await waitForLog(
    app,
    /request late: the app did not answer within its deadline of 0\.3 s \(deadline below \[limits\]\)\n/,
  );
  await waitUntil('it answers', async () => (await app.get('/')).status === 200);
  assert.equal((await app.stop()).code, 0);
});

test('a client that leaves frees the instance that worked for it', async () => {
  const limits = '[limits]\ninstances = 1\n';
  const app = await serveApp(await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile(limits) }));
  const { port } = new URL(app.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /until/never HTTP/1.1\r\nHost: h\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  assert.equal((await app.get('/')).body, 'still here');
  await waitForLog(app, /GET \/until\/never 499/);
  assert.equal((await app.stop()).code, 0);
});

test('asked to stop while it starts, it stops', () =>
  stopOnce((pid) => waitUntil('its worker starts', async () => (await findChild(pid)) !== undefined)));

test(
  'asked to stop in the moment in which its worker is made, it stops',
  { skip: !existsSync(childrenOf(process.pid)) && 'this system does not show a process that is being made' },
  () => stopOnce(waitForFork),
);

async function stopOnce(
  wait: (pid: number) => void | Promise<void>,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
  const starting = startCommand(folder, ['run', '--address', '127.0.0.1:0']);
  await wait(starting.child.pid!);
  starting.child.kill(signal);
  const { code, stderr } = await starting.ended;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /slight: |^\s+at /m);
}

// Who manages services sends it to every process of a group, and some of these pass it on.
test('a SIGTERM that comes again and again until it has ended changes nothing, and Ctrl-C little', async () => {
  const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
  const starting = startCommand(folder, ['run', '--address', '127.0.0.1:0']);
  await waitUntil('its worker starts', async () => (await findChild(starting.child.pid!)) !== undefined);
  const serving = await serveApp(folder);
  for (const { child, ended } of [starting, serving]) {
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await new Promise(setImmediate);
    }
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [0, null]);
  }
  const { child, ended } = await serveApp(folder);
  while (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await new Promise(setImmediate);
  }
  assert.equal((await ended).code, 1, 'it was cut short');
});

test('asked to stop while it replaces its workers, it says nothing of one that did not start', async () => {
  const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
  const app = await serveApp(folder);
  app.child.kill('SIGHUP');
  await waitUntil('the next worker starts', async () => (await app.workers()).length > 1);
  const { code, stderr } = await app.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, / error |nothing was replaced/);
});

const untold =
  !existsSync(statusOf(process.pid)) && 'this system does not tell which signals a process hears';

/** Whether a process has said what it does at SIGHUP, as Node itself does not. */
function hears(pid: number): boolean {
  const [, heard] = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(statusOf(pid), 'utf8'))!;
  return (Number.parseInt(heard!.slice(-1), 16) & 1) === 1;
}

/** Until the supervisor hears of SIGHUP: its first worker is about to start the app. */
function untilSupervised(pid: number): Promise<void> {
  return waitUntil('it hears of SIGHUP', () => hears(pid));
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `${signal} for the whole group of processes ends it also where its worker hears of that first`,
    { skip: untold },
    () =>
      stopOnce(async (pid) => {
        await untilSupervised(pid);
        process.kill((await findChild(pid))!, signal);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }, signal),
  );
}

test(
  'SIGTERM for the whole group ends it also where its worker has ended as it was asked to',
  { skip: untold || !existsSync(childrenOf(process.pid)) },
  () =>
    stopOnce(async (pid) => {
      waitForFork(pid);
      const worker = Number.parseInt(readFileSync(childrenOf(pid), 'utf8'));
      const end = performance.now() + 20_000;
      // It stands still from then on, so that it has not started the app.
      while (!hears(worker)) assert.ok(performance.now() < end, 'the worker hears no signal');
      process.kill(worker, 'SIGSTOP');
      await untilSupervised(pid);
      process.kill(worker, 'SIGTERM');
      process.kill(worker, 'SIGCONT');
      await waitUntil('the worker has ended', () => !isAlive(worker));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }),
);

test(
  'asked to read its slightfile again while it starts, it does once it has started',
  { skip: untold },
  async () => {
    const folder = await appFolder({ 'app.wasm': script, 'slightfile.toml': slightfile() });
    const app = startCommand(folder, ['run', '--address', '127.0.0.1:0']);
    await untilSupervised(app.child.pid!);
    app.child.kill('SIGHUP');
    await waitUntil('its workers are replaced', () => app.stderr().includes('the workers are replaced'));
    app.child.kill('SIGTERM');
    assert.equal((await app.ended).code, 0);
  },
);

function statusOf(pid: number): string {
  return `/proc/${pid}/status`;
}

/** Where Linux lists the processes that one has made. */
function childrenOf(pid: number): string {
  return `/proc/${pid}/task/${pid}/children`;
}

/** Looks without a pause: a millisecond later the one who makes a process has gone on. */
function waitForFork(pid: number): void {
  const end = performance.now() + 20_000;
  while (readFileSync(childrenOf(pid), 'utf8') === '')
    assert.ok(performance.now() < end, 'no process is made');
}

async function refused(url: string): Promise<boolean> {
  const { port } = new URL(url);
  return await new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });
}
