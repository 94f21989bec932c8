import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildCoreModule, buildTinyGuest } from './guests.ts';
import { appFolder, runCommand, serveApp } from './slight.ts';
import type { Ended } from './slight.ts';

let tiny: Uint8Array;
let storing: Uint8Array;
before(async () => {
  tiny = await buildTinyGuest();
  storing = await buildTinyGuest('keyvalue');
});

const slightfile = (rest = '') => `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${rest}`;

/** The command failed with its reason and nothing else: no trace of ours, no second report. */
function assertRefused({ code, stdout, stderr }: Ended, ...expected: (string | RegExp)[]): void {
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  for (const each of expected) {
    if (typeof each === 'string') assert.ok(stderr.includes(each), stderr);
    else assert.match(stderr, each);
  }
  assert.doesNotMatch(stderr, /^\s+at /m, 'a stack trace');
  assert.doesNotMatch(stderr, /unexpected:/);
  assert.equal(stderr.split('slight: ').length, 2, stderr);
}

test('a slightfile or a source in place of a component is told what to write', async () => {
  const folder = await appFolder({ 'slight.toml': slightfile(''), 'app.ts': 'export default 1;\n' });
  const run = (file: string) => runCommand(folder, ['run', '--address', '127.0.0.1:0', file]);
  assertRefused(await run('slight.toml'), /fix: a slightfile is named with -c: slight run -c FILE/);
  assertRefused(await run('app.ts'), /fix: build it first .* slight dev FILE/);
});

test('what is not WebAssembly, cut off, or a core module is refused', async () => {
  const cases: [Uint8Array | string, RegExp][] = [
    ['#!/bin/sh\necho hello\n', /app\.wasm cannot be run: [^]*\n {2}fix: name the \.wasm file/],
    ['', /app\.wasm cannot be run: /],
    [tiny.subarray(0, tiny.length - 100), /app\.wasm cannot be run: [^]*\n {2}fix: the file may be cut off/],
    [tiny.subarray(0, 6), /app\.wasm cannot be run: /],
    [await buildCoreModule(), /app\.wasm cannot be run: [^]*\n {2}fix: make a component of it/],
  ];
  for (const [bytes, expected] of cases) {
    const folder = await appFolder({ 'app.wasm': bytes });
    assertRefused(await runCommand(folder, ['run', 'app.wasm', '--address', '127.0.0.1:0']), expected);
  }
});

test('a file that is not there is named', async () => {
  const folder = await appFolder({ 'slightfile.toml': slightfile() });
  assertRefused(
    await runCommand(folder, ['run']),
    /the component .*app\.wasm cannot be read: there is no such file/,
  );
  assertRefused(await runCommand(folder, ['run', '-c', 'other.toml']), /other\.toml: there is no such file/);
});

test('nothing to run is wrong use', async () => {
  const ended = await runCommand(await appFolder(), ['run']);
  assert.deepEqual([ended.code, ended.stdout], [2, '']);
  assert.match(ended.stderr, /there is nothing to run[^]*fix: /);
});

test('an import that nobody granted is refused with the lines to add', async () => {
  const folder = await appFolder({ 'app.wasm': storing, 'slightfile.toml': slightfile() });
  assertRefused(
    await runCommand(folder, ['run', '--address', '127.0.0.1:0']),
    'the app imports spiderlightning:cloud/keyvalue@0.6.0, and nobody granted it that',
    '\n    [keyvalue]\n    default = "sqlite"\n',
  );
});

test('an import that no host serves is named', async () => {
  const folder = await appFolder({ 'app.wasm': await buildTinyGuest('unknown') });
  assertRefused(
    await runCommand(folder, ['run', 'app.wasm']),
    'the app imports what this host does not serve: spiderlightning:cloud/teleport@0.6.0',
    'spiderlightning:cloud/keyvalue@0.6.0',
  );
});

test('a malformed slightfile is shown with its line', async () => {
  const folder = await appFolder({
    'app.wasm': storing,
    'slightfile.toml': slightfile('[keyvalue]\norders = sqlite\n'),
  });
  assertRefused(await runCommand(folder, ['run']), /slightfile\.toml:5:\d+: /, '5 | orders = sqlite');
});

test('a missing key of the slightfile is named', async () => {
  const folder = await appFolder({ 'slightfile.toml': 'specversion = "0.3"\n' });
  assertRefused(await runCommand(folder, ['run']), '[app] component is missing');
});

test('a backend that does not exist, or that cannot be used so, is refused', async () => {
  const folder = await appFolder({
    'app.wasm': storing,
    'slightfile.toml': slightfile('[keyvalue]\na = "sqlit"\n'),
  });
  assertRefused(
    await runCommand(folder, ['run']),
    /^slight: slightfile\.toml:5:5: .*did you mean `sqlite`\?\n {2}5 \| a = "sqlit"\n {4}\| {5}\^{7}\n {2}fix: correct this line/,
  );
});

test('a server that nobody runs is refused, unless the app may start without it', async () => {
  const bind = 'a = "redis://someone:hunter2@127.0.0.1:1"';
  const folder = await appFolder({
    'app.wasm': storing,
    'slightfile.toml': slightfile(`[keyvalue]\n${bind}\n`),
  });
  const ended = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
  assertRefused(
    ended,
    /^slight: slightfile\.toml:5:5: keyvalue "a" \(redis:\/\/127\.0\.0\.1:1\): .*\n {2}5 .*\n.*\n {2}fix: start that server/,
  );
  assert.doesNotMatch(ended.stderr, /hunter2/);
  const degraded = slightfile(`start = "degraded"\n[keyvalue]\n${bind}\n`);
  const app = await serveApp(await appFolder({ 'app.wasm': storing, 'slightfile.toml': degraded }));
  assert.match(app.stderr(), /started without keyvalue "a"/);
  assert.equal((await app.get('/')).body, 'ok');
  assert.equal((await app.stop()).code, 0);
});

test('another kind of server is a mistake of the slightfile: it also ends a start that may be degraded', async (t) => {
  const server = createServer((socket) => {
    // As NATS greets.
    socket.on('error', () => undefined).write('INFO {"server_id":"x"}\r\n');
    socket.on('data', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  for (const start of ['ready', 'degraded']) {
    const file = slightfile(`start = "${start}"\n[keyvalue]\na = "redis://127.0.0.1:${port}"\n`);
    const folder = await appFolder({ 'app.wasm': storing, 'slightfile.toml': file });
    assertRefused(
      await runCommand(folder, ['run', '--address', '127.0.0.1:0']),
      /^slight: slightfile\.toml:6:5: keyvalue "a" \(redis:.*\): .* does not speak Redis: it looks like NATS\n {2}6 .*\n.*\n {2}fix: is \d+ the right port/,
    );
  }
});

test('what is granted and of no use is told of, once', async () => {
  const lines = `[keyvalue]
orders = "memory"
base = "memory"
[configs]
settings = { bind = "envvars", names = ["HOME"] }
[messaging]
events = "memory"
`;
  const hints = async (component: Uint8Array, more = '') => {
    const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile(lines + more) });
    const app = await serveApp(folder);
    await app.stop();
    return app.stderr().match(/(?<=^hint: ).*/gm);
  };
  const rest = [
    '[configs] settings is granted, but the app imports no configs',
    '[messaging] events is granted, but the app imports no messaging',
  ];
  assert.deepEqual(await hints(storing), rest);
  assert.deepEqual(await hints(tiny), [
    rest[0],
    '[keyvalue] orders is granted, but the app imports no key-value store',
    '[keyvalue] base is granted, but the app imports no key-value store',
    rest[1],
  ]);
  // Locks are kept in a store.
  const kept = await hints(tiny, '[locks]\nleader = { bind = "keyvalue", store = "base" }\n');
  assert.deepEqual(
    kept?.map((hint) => hint.replace(/ is .*/, '')),
    ['[configs] settings', '[keyvalue] orders', '[locks] leader', '[messaging] events'],
  );
  // The host itself speaks through them.
  assert.deepEqual(await hints(storing, '[http]\nchannels = "events"\n'), rest.slice(0, 1));
});

test('a port in use is refused', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    const folder = await appFolder({ 'app.wasm': tiny });
    assertRefused(
      await runCommand(folder, ['run', 'app.wasm', '--address', `127.0.0.1:${port}`]),
      `cannot listen on 127.0.0.1:${port}: another program does already`,
    );
    const health = ['run', 'app.wasm', '--address', '127.0.0.1:0', '--health', `127.0.0.1:${port}`];
    assertRefused(await runCommand(folder, health), `cannot listen on 127.0.0.1:${port}`);
  } finally {
    other.close();
  }
});

test('an address that this machine does not have is refused', async () => {
  const folder = await appFolder({ 'app.wasm': tiny });
  assertRefused(
    await runCommand(folder, ['run', 'app.wasm', '--address', '192.0.2.1:8080']),
    'cannot listen on 192.0.2.1:8080',
  );
});

test('without a slightfile the table of bindings is printed', async () => {
  const folder = await appFolder({ 'app.wasm': storing });
  const served = await serveApp(folder, ['app.wasm']);
  const { code, stderr, stdout } = await served.stop();
  assert.equal(code, 0);
  assert.match(stderr, /no slightfile\.toml: storage is embedded, nothing else is granted/);
  assert.match(stderr, /keyvalue {2}\(any name\) {2}sqlite in .*\.slight\n/);
  assert.ok(stderr.includes(`listening on ${served.url}\n`));
  assert.equal(stdout, `${served.url}\n`);
});

test('modules are kept for the next start, also where the folder for caches is missing', async () => {
  const folder = await appFolder({ 'app.wasm': tiny });
  const XDG_CACHE_HOME = join(folder, 'not/yet');
  const env = { XDG_CACHE_HOME, NODE_COMPILE_CACHE: join(folder, 'elsewhere') };
  const app = await serveApp(folder, ['app.wasm'], env);
  assert.equal((await app.stop()).code, 0);
  assert.ok(readdirSync(join(XDG_CACHE_HOME, 'slight/modules')).length > 0);
});

test('health is answered on an address of its own', async () => {
  const folder = await appFolder({ 'app.wasm': tiny });
  const served = await serveApp(folder, ['app.wasm', '--health', '127.0.0.1:0']);
  const url = served.health!;
  const health = await fetch(url);
  assert.equal(health.status, 200);
  assert.equal(((await health.json()) as { ok: boolean }).ok, true);
  assert.equal((await fetch(new URL('/other', url))).status, 404);
  assert.equal(
    (await served.get('/healthz')).body,
    'ok',
    "on the app's own address it is the app that answers",
  );
  assert.equal((await served.stop()).code, 0);
});
