import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openCapability } from '../src/capabilities/core/open.ts';
import { findFreePort } from '../../../test/servers/process.ts';
import { readMetrics } from './collector.ts';
import { buildScriptFiles } from './guests.ts';
import { appFolder, findChild, runCommand, startCommand, waitUntil } from './slight.ts';

let files: Awaited<ReturnType<typeof buildScriptFiles>>;
before(async () => (files = await buildScriptFiles('command')));

const slightfile = (more = '') => `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
runs = "sqlite"
${more}`;

const folderWith = (more?: string) => appFolder({ ...files, 'slightfile.toml': slightfile(more) });

test('what a command prints goes where it belongs, as it is, and its exit code is that of slight run', async () => {
  const folder = await folderWith();
  const printed = await runCommand(folder, ['run', '--', 'print', '--flag', 'a b']);
  assert.deepEqual([printed.code, printed.stdout], [0, 'out --flag a b\n']);
  assert.match(printed.stderr, /^err\n.*app \| to the log\n$/);
  for (const [code, expected] of [
    ['7', 7],
    ['256', 1],
  ] as const)
    assert.equal((await runCommand(folder, ['run', '--', 'exit', code])).code, expected);
  const bare = await runCommand(folder, ['run', 'app.wasm']);
  assert.deepEqual([bare.code, bare.stdout, bare.stderr], [2, 'nothing to do\n', '']);
});

test('all that it prints arrives, however much', async () => {
  const { code, stdout } = await runCommand(await folderWith(), ['run', '--', 'lines', '20000']);
  assert.equal(code, 0);
  assert.equal(stdout.split('\n').length, 20_001);
  assert.ok(stdout.endsWith('line 19999\n'));
});

test('what it throws is printed with its place, and its exit code is 1', async () => {
  const { code, stderr } = await runCommand(await folderWith(), ['run', '--', 'throw']);
  assert.equal(code, 1);
  assert.match(stderr, /^RangeError: as it was told\n {4}at command \(\S*guests\/command\.ts:\d+:\d+\)/);
});

test('a command computes longer than a request may, unless the slightfile says otherwise', async () => {
  const free = await runCommand(await folderWith('[limits]\ncpu = "100ms"\ndeadline = "200ms"\n'), [
    'run',
    '--',
    'compute',
    '500',
  ]);
  assert.deepEqual([free.code, free.stdout], [0, 'computed\n']);
  const spent = await runCommand(await folderWith('[command]\ncpu = "200ms"\n'), ['run', '--', 'loop']);
  assert.equal(spent.code, 1);
  assert.match(spent.stderr, /used up its CPU time of 0\.2 s \(cpu below \[command\]\)\n/);
  const late = await runCommand(await folderWith('[command]\ndeadline = "1s"\n'), ['run', '--', 'wait']);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /passed its deadline of 1 s \(deadline below \[command\]\)\n/);
});

test('Ctrl-C and SIGTERM end it, whether it waits or computes', async () => {
  const folder = await folderWith();
  for (const [what, signal, expected] of [
    ['wait', 'SIGTERM', 143],
    ['loop', 'SIGINT', 130],
  ] as const) {
    const { child, stdout, ended } = startCommand(folder, ['run', '--', what]);
    await waitUntil('it runs', () => stdout() !== '');
    child.kill(signal);
    assert.equal((await ended).code, expected);
  }
});

test('it is started again as the slightfile says', async () => {
  const failing = startCommand(await folderWith('[command]\nrestart = "on-failure"\n'), [
    'run',
    '--',
    'throw',
  ]);
  await waitUntil('it was started thrice', () => failing.stderr().split('RangeError: ').length > 3);
  assert.match(failing.stderr(), / warn {2}the command ended with exit code 1; starting it again\n/);
  failing.child.kill('SIGTERM');
  assert.equal((await failing.ended).code, 143);

  const done = await runCommand(await folderWith('[command]\nrestart = "on-failure"\n'), [
    'run',
    '--',
    'print',
  ]);
  assert.equal(done.code, 0);

  const always = startCommand(await folderWith('[command]\nrestart = "always"\n'), ['run', '--', 'print']);
  await waitUntil('it was started thrice', () => always.stdout().split('out').length > 3);
  always.child.kill('SIGINT');
  assert.equal((await always.ended).code, 130);
});

test('its metrics are answered where its health is, and what a run counted stays when it is started again', async () => {
  const health = `127.0.0.1:${await findFreePort()}`;
  const more = `[command]\nrestart = "always"\n[http]\nhealth = "${health}"\n[telemetry]\nmetrics = true\n`;
  const { child, ended } = startCommand(await folderWith(more), ['run', '--', 'count']);
  const read = async () => {
    const answer = await fetch(`http://${health}/metrics`).catch(() => undefined);
    if (answer === undefined) return undefined;
    assert.equal(answer.status, 200);
    return readMetrics(await answer.text());
  };
  const calls =
    'slight_capability_call_duration_seconds_count{capability="keyvalue",operation="increment",outcome="ok"}';
  await waitUntil('two runs are counted', async () => ((await read())?.get(calls) ?? 0) > 1);
  const metrics = (await read())!;
  assert.ok(metrics.get('slight_worker_restarts_total')! > 0);
  assert.equal(metrics.get('slight_workers{state="wanted"}'), 1);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 143);
});

test('a process that is killed fails the command, and the next run finds what it stored', async () => {
  const folder = await folderWith();
  const { child, stdout, ended } = startCommand(folder, ['run', '--', 'wait']);
  await waitUntil('it runs', () => stdout() !== '');
  process.kill((await findChild(child.pid!))!, 'SIGKILL');
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /the process of the command is gone: it ended with SIGKILL\n/);
  for (const expected of [1, 2]) {
    assert.equal((await runCommand(folder, ['run', '--', 'count'])).code, expected);
  }
  const store = await openCapability(
    'keyvalue',
    { name: 'runs', bind: 'sqlite', config: {} },
    { dataDir: `${folder}/.slight`, timeout: 5_000 },
  );
  assert.equal(Buffer.from((await store.get('count'))!).toString(), '2');
  await store.close();
});

test('without a slightfile it has storage, and what nobody granted it is refused', async () => {
  const folder = await appFolder(files);
  assert.equal((await runCommand(folder, ['run', 'app.wasm', '--', 'count'])).code, 1);
  assert.equal((await runCommand(folder, ['run', 'app.wasm', '--', 'count'])).code, 2);
  const denied = await appFolder({
    ...files,
    'slightfile.toml': 'specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n',
  });
  const { code, stderr } = await runCommand(denied, ['run', '--', 'print']);
  assert.equal(code, 1);
  assert.match(stderr, /nobody granted it that/);
});

test('arguments for what is no command are refused', async () => {
  const { buildTinyGuest } = await import('./guests.ts');
  const folder = await appFolder({ 'app.wasm': await buildTinyGuest() });
  const { code, stderr } = await runCommand(folder, ['run', 'app.wasm', '--', 'x']);
  assert.equal(code, 1);
  assert.match(stderr, /is no command: it does not export .*command-handler/);
});
