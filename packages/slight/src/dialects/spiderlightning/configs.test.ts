import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapability } from '../../capabilities/core/open.ts';
import { namedOpener } from '../../host/openers.ts';
import { configsInterface } from './configs.ts';

async function interfaceOf(variables: { [name: string]: string }) {
  Object.assign(process.env, variables);
  const config = { names: ['SLIGHT_A', 'SLIGHT_NONE'], secrets: ['SLIGHT_KEY'], writable: true };
  const bind = { name: 'settings', bind: 'envvars', config };
  const configs = await openCapability('configs', bind, { dataDir: '/nowhere', timeout: 1_000 });
  const opened = new Map([['settings', configs]]);
  const served = configsInterface(namedOpener('configs', opened, '/app/slightfile.toml'));
  return (name: string, ...args: unknown[]) => (served[name] as (...args: unknown[]) => any)(...args);
}

test('values are texts or secrets, answered at once', async () => {
  const call = await interfaceOf({ SLIGHT_A: 'text', SLIGHT_KEY: 'c4nary' });
  const { tag, val: configs } = call('[static]configs.open', 'settings');
  assert.equal(tag, 'ok');
  const get = (key: string) => call('[method]configs.get', configs, key);
  assert.deepEqual(get('SLIGHT_A'), { tag: 'ok', val: { tag: 'text', val: 'text' } });
  assert.deepEqual(get('SLIGHT_NONE'), { tag: 'ok', val: undefined });
  const { val: secret } = get('SLIGHT_KEY');
  assert.equal(secret.tag, 'secret');
  assert.equal(call('[method]secret.reveal', secret.val), 'c4nary');
  const { val: all } = call('[method]configs.get-all', configs);
  assert.deepEqual(
    all.map(([key, value]: [string, { tag: string }]) => [key, value.tag]),
    [
      ['SLIGHT_A', 'text'],
      ['SLIGHT_KEY', 'secret'],
    ],
  );
  assert.equal(get('PATH').val.code, 'permission-denied');
});

test('a watch waits, and is closed when the guest lets go of it', async () => {
  const call = await interfaceOf({ SLIGHT_A: 'text' });
  const { val: configs } = call('[static]configs.open', 'settings');
  const { val: watch } = call('[method]configs.watch', configs);
  assert.deepEqual(call('[method]watch.next', watch, 0n), { tag: 'ok', val: [] });
  assert.deepEqual(call('[method]configs.set', configs, 'SLIGHT_A', 'other'), { tag: 'ok' });
  assert.deepEqual(call('[method]watch.next', watch, 0n), { tag: 'ok', val: ['SLIGHT_A'] });
  const waiting = call('[method]watch.next', watch, 60_000n);
  call('[drop]watch', watch);
  assert.deepEqual(await waiting, { tag: 'ok', val: [] });
});

test('a name that nobody granted is refused, with the line to add', async () => {
  const call = await interfaceOf({});
  const { val } = call('[static]configs.open', 'other');
  assert.equal(val.code, 'permission-denied');
  assert.match(
    val.message,
    /\/app\/slightfile\.toml: other = \{ bind = "envvars", names = \["LOG_LEVEL"\] \}$/,
  );
});
