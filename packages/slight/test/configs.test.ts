import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[configs]
settings = { bind = "envvars", names = ["SLIGHT_TEST_LEVEL"], secrets = ["SLIGHT_TEST_KEY"] }
shop = { bind = "file:./shop.toml", secrets = ["pay.key"] }
`;
const shop = 'title = "Tea"\n[pay]\nkey = "c4nary-file"\n';
const env = { SLIGHT_TEST_LEVEL: 'debug', SLIGHT_TEST_KEY: 'c4nary-env' };
let component: Uint8Array;
before(async () => (component = await buildScriptGuest('configs')));

test('an app reads what it was granted, and its secrets are in no output', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile, 'shop.toml': shop });
  const app = await serveApp(folder, [], env);
  assert.deepEqual(JSON.parse((await app.get('/settings')).body), {
    all: { SLIGHT_TEST_LEVEL: 'debug', SLIGHT_TEST_KEY: '***' },
    key: 'c4nary-env',
    path: 'permission-denied',
    set: 'permission-denied',
    other: 'permission-denied',
  });
  assert.deepEqual(JSON.parse((await app.get('/shop')).body), { title: 'Tea', 'pay.key': '***' });
  assert.equal((await app.get('/leave')).body, '"left"');
  const { stderr, stdout } = await app.stop();
  assert.match(stderr, /configs {2}settings {2}envvars\n {2}configs {2}shop {6}file:\.\/shop\.toml\n/);
  assert.match(stderr, /SLIGHT_TEST_LEVEL/, 'the line that the app logged');
  assert.doesNotMatch(stderr + stdout, /c4nary/);
});

test('a change of the file reaches an app that waits for it, and those that read', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile, 'shop.toml': shop });
  await writeFile(join(folder, 'slightfile.toml'), `${slightfile}[telemetry]\nmetrics = true\n`);
  const app = await serveApp(folder, ['--health', '127.0.0.1:0'], env);
  const waiting = app.get('/wait');
  let changed = false;
  // The watch may not have begun with the first change.
  for (let count = 1; !changed; count++) {
    await writeFile(join(folder, 'new.toml'), shop.replace('Tea', `Tea ${count}`));
    await rename(join(folder, 'new.toml'), join(folder, 'shop.toml'));
    changed = await Promise.race([waiting.then(() => true), app.get('/shop').then(() => false)]);
    assert.match((await app.get('/shop')).body, new RegExp(`"Tea ${count}"`));
  }
  assert.deepEqual(JSON.parse((await waiting).body), ['title']);
  const metrics = await (await fetch(new URL('/metrics', app.health))).text();
  for (const operation of ['watch', 'watch.next'])
    assert.match(
      metrics,
      new RegExp(
        `slight_capability_call_duration_seconds_count\\{capability="configs",operation="${operation}",outcome="ok"\\} 1\n`,
      ),
    );
  await app.stop();
});

test('without a slightfile, or a file that is named, the app does not start', async () => {
  const alone = await runCommand(await appFolder({ 'app.wasm': component }), ['run', 'app.wasm']);
  assert.equal(alone.code, 1);
  assert.match(
    alone.stderr,
    /there is no slightfile\n {2}fix: [^]*\[configs\]\n {4}default = \{ bind = "envvars"/,
  );
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0'], env);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^slight: slightfile\.toml:6:8: configs "shop" \(file:\.\/shop\.toml\): there is no .*shop\.toml/,
  );
});

test('what an app may set lives in one process, so it is not run in several', async () => {
  const writable = slightfile.replace('secrets = ["SLIGHT', 'writable = true, secrets = ["SLIGHT');
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': writable, 'shop.toml': shop });
  const { code, stderr } = await runCommand(folder, ['run', '--workers', '2'], env);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /configs "settings" \(envvars\) lives in the memory of one process[^]*fix: .*the app only reads/,
  );
});
