import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openCapability } from '../src/capabilities/core/open.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, findChildren, runCommand, startCommand, waitUntil } from './slight.ts';
import type { Running } from './slight.ts';

let component: Uint8Array;
before(async () => (component = await buildScriptGuest('worker-only')));

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
seen = "sqlite"
[limits]
deadline = "8s"
cpu = "400ms"
instances = 4
[[schedule]]
name = "fast"
every = "200ms"
`;

/** The app's store, as the app itself sees it. */
async function openSeen(folder: string) {
  const store = await openCapability(
    'keyvalue',
    { name: 'seen', bind: 'sqlite', config: {} },
    { dataDir: `${folder}/.slight`, timeout: 5_000 },
  );
  return {
    ...store,
    /** What was noted under a name, in order. */
    async notes(name: string): Promise<unknown[]> {
      const { keys } = await store.keys({ prefix: `${name}/`, limit: 1_000 });
      const values = await Promise.all(keys.toSorted().map(async (key) => store.get(key)));
      return values.map((value) => JSON.parse(Buffer.from(value!).toString()) as unknown);
    },
    tell: (name: string, how: string) => store.set(`how/${name}`, Buffer.from(how)),
  };
}

function startWorker(folder: string, args: readonly string[] = []): Running {
  return startCommand(folder, ['run', ...args]);
}

const ready = (app: Running) => waitUntil('it runs', () => app.stderr().includes('\nrunning\n'));

test('an app without HTTP listens nowhere, and is called at its times, once on each host', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = startWorker(folder, ['--workers', '3', '--health', '127.0.0.1:0']);
  await ready(app);
  const seen = await openSeen(folder);
  await waitUntil('it is called', async () => (await seen.notes('fast-done')).length >= 5);
  const health = /health on (\S+)/.exec(app.stderr())![1]!;
  assert.equal((await fetch(health)).status, 200);
  app.child.kill('SIGTERM');
  const { code, stdout, stderr } = await app.ended;
  assert.equal(code, 0);
  assert.equal(stdout, '');
  assert.doesNotMatch(stderr, /listening/);
  assert.match(stderr, /schedule fast: every 200ms\n/);
  assert.match(stderr, / event schedule fast ok [\d.]+ms [\w-]{36}\n/);
  const times = (await seen.notes('fast')).map((note) => (note as { time: number }).time);
  assert.equal(new Set(times).size, times.length, 'each time once, whatever the number of workers');
  for (const time of times) assert.equal(time % 200, 0);
  await seen.close();
});

test('a call that throws, traps, loops or waits for ever fails alone', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = startWorker(folder);
  await ready(app);
  const seen = await openSeen(folder);
  for (const [how, said] of [
    [
      'throw',
      / error app \| \[[\w-]{36}\] schedule fast failed: Error: as it was told\n.* {4}at \w+ \(\S+:\d+:\d+\)\n/,
    ],
    ['trap', /schedule fast: the app (failed: .*|says: .*stack.*)\n/i],
    ['loop', /schedule fast: the app used up its CPU time of 0\.4 s \(cpu below \[limits\]\)\n/],
    ['wait', /schedule fast: the app passed its deadline of 8 s \(deadline below \[limits\]\)\n/],
  ] as const) {
    await seen.tell('fast', how);
    await waitUntil(how, () => said.test(app.stderr()));
  }
  assert.match(app.stderr(), /schedule fast: \S+ is left out, since the app is busy with the one before\n/);
  await seen.tell('fast', '');
  const before = (await seen.notes('fast-done')).length;
  await waitUntil('it goes on', async () => (await seen.notes('fast-done')).length > before);
  app.child.kill('SIGTERM');
  assert.equal((await app.ended).code, 0);
  await seen.close();
});

test('a leader that is killed is followed by another worker, and a changed app by its next version', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = startWorker(folder, ['--workers', '2']);
  await ready(app);
  const seen = await openSeen(folder);
  const more = async (what: string) => {
    const { length } = await seen.notes('fast-done');
    await waitUntil(what, async () => (await seen.notes('fast-done')).length > length + 1);
  };
  await more('it runs');
  for (const pid of await findChildren(app.child.pid!)) {
    process.kill(pid, 'SIGKILL');
    await more('another one goes on');
  }
  app.child.kill('SIGHUP');
  await waitUntil('replaced', () => app.stderr().includes('the workers are replaced'));
  await more('the next ones go on');
  app.child.kill('SIGTERM');
  assert.equal((await app.ended).code, 0);
  const times = (await seen.notes('fast')).map((note) => (note as { time: number }).time);
  assert.equal(new Set(times).size, times.length);
  await seen.close();
});

test('of several hosts the leader runs it, and the next one when that one has ended', async () => {
  const file = `${slightfile}leader = "jobs"\n[locks]\njobs = "sqlite"\n`;
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': file });
  const first = startWorker(folder);
  await waitUntil('it leads', () => first.stderr().includes('schedule fast: this host runs it'));
  const second = startWorker(folder);
  await ready(second);
  const seen = await openSeen(folder);
  const { length } = await seen.notes('fast-done');
  await waitUntil('the first one runs it', async () => (await seen.notes('fast-done')).length > length + 2);
  assert.doesNotMatch(second.stderr(), / event /);
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
  await waitUntil('the second one runs it', () => / event schedule fast ok /.test(second.stderr()));
  second.child.kill('SIGTERM');
  await second.ended;
  const times = (await seen.notes('fast')).map((note) => (note as { time: number }).time);
  assert.equal(new Set(times).size, times.length);
  await seen.close();
});

test('what cannot be is refused at the start, with its place', async () => {
  const run = async (more: string) => {
    const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile + more });
    const { code, stderr } = await runCommand(folder, ['run']);
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(
    await run('[[schedule]]\nname = "x"\ncron = "61 * * * *"\n'),
    /slightfile\.toml:13:3: the schedule "x" has no pattern of times: .*61/,
  );
  assert.match(
    await run('leader = "jobs"\n'),
    /:10:3: \[\[schedule\]\] names leader = "jobs", and \[locks\] has no such line/,
  );
  assert.match(
    await run('[[watch]]\nname = "x"\nstore = "other"\n'),
    /:13:3: \[\[watch\]\] names store = "other", and \[keyvalue\] has no such line\n {2}13 \| \[\[watch\]\]\n.*\n {2}fix: add other = /,
  );
});

test('without a table for what it exports the app does not start', async () => {
  const folder = await appFolder({ 'app.wasm': component });
  const { code, stderr } = await runCommand(folder, ['run', 'app.wasm']);
  assert.equal(code, 1);
  assert.match(stderr, /nothing would ever call it: there is no slightfile[^]*\[\[schedule\]\]/);
});
