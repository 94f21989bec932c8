import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitForLog } from './slight.ts';
import type { Served } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
runs = "sqlite"
[messaging]
events = { bind = "sqlite", delivery = "at-least-once", order = "key", durable = true, backoff = "1ms" }
jobs = { bind = "sqlite", queue = true, backoff = "1ms" }
`;
let component: Uint8Array;
before(async () => (component = await buildScriptGuest('messaging')));

const start = async (args: readonly string[] = [], file = slightfile) => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': file });
  return { folder, app: await serveApp(folder, args) };
};
const post = (app: Served, path: string, body = '') => app.get(path, { method: 'POST', body });
const read = async (app: Served, path: string): Promise<unknown> => JSON.parse((await app.get(path)).body);

test('an app publishes and receives; its groups are kept, and get each message once', async () => {
  const { folder, app } = await start();
  await post(app, '/subscribe/all', '>');
  await post(app, '/subscribe/mail', 'orders.* users');
  for (const topic of ['orders.created', 'users', 'stock'])
    await post(app, `/publish/events/${topic}`, topic);
  assert.deepEqual(await read(app, '/events/mail'), ['orders.created 1 orders.created', 'users 1 users']);
  assert.deepEqual(await read(app, '/events/mail'), []);
  // What is published to another name reaches nobody here.
  await post(app, '/publish/jobs/orders.created', 'elsewhere');
  await app.stop();
  const again = await serveApp(folder);
  assert.deepEqual(await read(again, '/events/all'), [
    'orders.created 1 orders.created',
    'users 1 users',
    'stock 1 stock',
  ]);
  assert.deepEqual(await read(again, '/jobs'), ['elsewhere']);
  await again.stop();
});

test('a message in the hands of a request that ends comes again, and the app goes on', async () => {
  const { app } = await start();
  await post(app, '/publish/jobs/job', 'work');
  assert.equal(await read(app, '/leave'), 1);
  assert.equal((await app.get('/fail')).status, 500);
  await waitForLog(app, /failed at attempt 2/);
  assert.equal(await read(app, '/leave'), 3);
  assert.equal(await read(app, '/answers'), 'precondition-failed');
  await post(app, '/publish/jobs/job', 'next');
  assert.deepEqual(await read(app, '/jobs'), ['next'], 'the other one is dead');
  await app.stop();
});

test('what an app may not, or this place cannot, is said by its code', async () => {
  const { app } = await start();
  assert.deepEqual(await read(app, '/refused'), [
    'permission-denied',
    'invalid-argument',
    'not-found',
    'precondition-failed',
    'unsupported',
  ]);
  await app.stop();
});

test('once runs what was not run to its end', async () => {
  const { app } = await start();
  assert.deepEqual(JSON.parse((await post(app, '/once/a')).body), [true, 1]);
  assert.deepEqual(JSON.parse((await post(app, '/once/a')).body), [false, 1]);
  assert.deepEqual(JSON.parse((await post(app, '/once/b')).body), [true, 2]);
  await app.stop();
});

test('several workers share groups, and wake each other', async () => {
  const { app } = await start(['--workers', '2']);
  const waiting = Array.from({ length: 4 }, () => read(app, '/jobs') as Promise<string[]>);
  const jobs = ['1', '2', '3', '4'];
  for (const job of jobs) await post(app, '/publish/jobs/job', job);
  const got = (await Promise.all(waiting)).flat();
  while (got.length < jobs.length) got.push(...((await read(app, '/jobs')) as string[]));
  assert.deepEqual(got.toSorted(), jobs);

  const hearing = Promise.all(Array.from({ length: 4 }, () => read(app, '/hear')));
  // Who listens has begun to when it hears.
  let all: unknown[] | undefined;
  void hearing.then((heard) => (all = heard));
  while (all === undefined) await post(app, '/tell');
  for (const heard of all as string[][][]) assert.deepEqual(heard[0], ['news.today', 'me', { hello: 'all' }]);
  await app.stop();
});

test('an app that was granted nothing, or needs more than its place gives, does not start', async () => {
  const denied = slightfile.slice(0, slightfile.indexOf('[messaging]'));
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': denied });
  const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /the app imports spiderlightning:cloud\/messaging@0\.6\.0, and nobody granted it that[^]*\[messaging\]\n {4}default = "sqlite"/,
  );
  const needy = slightfile.replace('bind = "sqlite", delivery', 'bind = "memory", delivery');
  const other = await appFolder({ 'app.wasm': component, 'slightfile.toml': needy });
  const refused = await runCommand(other, ['run', '--address', '127.0.0.1:0']);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /slightfile\.toml:7:\d+: messaging "events" \(memory\): the app needs durable = true, which memory cannot give\. Backends that can: sqlite/,
  );
});

test('a guest in C publishes and receives', { skip: clangMissing }, async () => {
  const folder = await appFolder({
    'app.wasm': await buildCGuest('messaging'),
    'slightfile.toml': `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[messaging]\none = "sqlite"\ntwo = "memory"\n`,
  });
  const app = await serveApp(folder);
  const put = (path: string, body: string) => app.get(path, { method: 'PUT', body });
  for (const name of ['one', 'two']) {
    assert.equal((await post(app, `/${name}/group`)).status, 204);
    assert.equal((await put(`/${name}/orders.created`, `tea for ${name}`)).status, 201);
  }
  for (const name of ['one', 'two']) {
    assert.equal((await post(app, `/${name}/group`)).body, `orders.created 1 tea for ${name}`);
    assert.equal((await post(app, `/${name}/group`)).status, 204);
  }
  const wrong = await put('/one/no%20topic', 'x');
  assert.equal(wrong.status, 400);
  assert.match(wrong.body, /is no topic/);
  assert.equal((await put('/three/topic', 'x')).status, 403);
  await app.stop();
});
