import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openCapability } from '../src/capabilities/core/open.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, findChildren, runCommand, serveApp, waitUntil } from './slight.ts';

let component: Uint8Array;
before(async () => (component = await buildScriptGuest('consumer')));

const settings = 'attempts = 3, lease = "2s", backoff = "20ms"';
const slightfile = (more = 'topics = ["orders.>"]\n', bind = settings) => `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
seen = "sqlite"
[messaging]
events = { bind = "sqlite", ${bind} }
[limits]
deadline = "8s"
cpu = "400ms"
instances = 4
[[subscription]]
name = "mails"
messaging = "events"
${more}`;

interface Seen {
  readonly id: string;
  readonly what: string;
  readonly topic: string;
  readonly attempt: number;
  readonly key?: string;
  readonly traceparent?: string;
}

/** The app's messages and what it noted of them. */
async function openApp(file = slightfile()) {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': file });
  const around = { dataDir: `${folder}/.slight`, timeout: 5_000 };
  const bind = { name: 'events', bind: 'sqlite', config: { attempts: 3, lease: '2s', backoff: '20ms' } };
  const events = await openCapability('messaging', bind, around);
  const store = await openCapability('keyvalue', { name: 'seen', bind: 'sqlite', config: {} }, around);
  const seen = async (): Promise<Seen[]> => {
    const { keys } = await store.keys({ prefix: 'seen/', limit: 1_000 });
    const values = await Promise.all(keys.toSorted().map(async (key) => store.get(key)));
    return values.map((value) => JSON.parse(Buffer.from(value!).toString()) as Seen);
  };
  return {
    folder,
    events,
    seen,
    publish: (what: string, how = {}, last?: number) =>
      events.publish('orders.new', Buffer.from(JSON.stringify({ what, last })), how),
    attempts: async (what: string) =>
      (await seen()).filter((each) => each.what === what).map(({ attempt }) => attempt),
    waiting: async () => {
      const { waiting, leased } = await events.count('app');
      return waiting + leased;
    },
    async close() {
      await events.close();
      await store.close();
    },
  };
}

test('messages are brought, and what fails comes again until it goes to the dead letters', async () => {
  const { folder, events, publish, attempts, seen, waiting, close } = await openApp();
  const app = await serveApp(folder);
  const done = await publish('fine', { key: 'k' });
  for (const what of ['throw', 'trap', 'loop', 'nack', 'dead']) await publish(what);
  for (const what of ['throw', 'wait']) await publish(what, {}, 2);
  assert.equal((await app.get('/')).status, 200, 'requests are served meanwhile');
  await waitUntil('all is done or dead', async () => (await waiting()) === 0);
  assert.deepEqual(await attempts('fine'), [1]);
  for (const what of ['trap', 'loop', 'nack']) assert.deepEqual(await attempts(what), [1, 2, 3], what);
  assert.deepEqual((await attempts('throw')).toSorted(), [1, 1, 2, 2, 3]);
  assert.deepEqual(await attempts('wait'), [1, 2]);
  assert.deepEqual(await attempts('dead'), [1]);
  const first = (await seen()).find(({ id }) => id === done)!;
  assert.deepEqual([first.topic, first.key], ['orders.new', 'k']);
  const { letters } = await events.deadLetters('app');
  const dead = letters.map(({ body, reason }) => [
    (JSON.parse(Buffer.from(body).toString()) as Seen).what,
    reason,
  ]);
  assert.deepEqual(dead.toSorted(), [
    ['dead', 'no order'],
    ['loop', 'not done after 3 attempts'],
    ['nack', 'not done after 3 attempts'],
    ['throw', 'not done after 3 attempts'],
    ['trap', 'not done after 3 attempts'],
  ]);
  const { stderr } = await app.stop();
  assert.match(stderr, /subscription mails: events orders\.>\n/);
  assert.match(
    stderr,
    /subscription mails: the app used up its CPU time of 0\.4 s \(cpu below \[limits\]\)\n/,
  );
  assert.match(
    stderr,
    /subscription mails: the app passed its deadline of 8 s \(deadline below \[limits\]\)\n/,
  );
  assert.match(stderr, /onMessage failed: Error: as it was told/);
  // Each call's line says what became of its message.
  assert.match(stderr, / event subscription mails ok [\d.]+ms/);
  assert.match(stderr, / event subscription mails nack \(comes again\) [\d.]+ms/);
  assert.match(stderr, / event subscription mails dead \(goes to the dead letters\) [\d.]+ms/);
  assert.match(stderr, / event subscription mails cpu \(comes again\) [\d.]+ms/);
  assert.match(stderr, / event subscription mails cpu \(goes to the dead letters\) [\d.]+ms/);
  await close();
});

test('a message is kept from others while the app works, however long that takes', async () => {
  const { folder, publish, attempts, waiting, close } = await openApp();
  const app = await serveApp(folder, ['--workers', '2']);
  await publish('slow');
  await waitUntil('it is done', async () => (await attempts('slow')).length > 0 && (await waiting()) === 0);
  assert.deepEqual(await attempts('slow'), [1]);
  await app.stop();
  await close();
});

test('a worker that is killed loses no message', async () => {
  const { folder, publish, attempts, waiting, close } = await openApp();
  const app = await serveApp(folder, ['--workers', '2']);
  await publish('slow');
  await waitUntil('it is begun', async () => (await attempts('slow')).length > 0);
  for (const pid of await findChildren(app.child.pid!)) process.kill(pid, 'SIGKILL');
  await waitUntil('it is done', async () => (await waiting()) === 0);
  assert.deepEqual(await attempts('slow'), [1, 2]);
  await app.stop();
  await close();
});

test('at the end what is under way is finished, and what cannot be is given back uncounted', async () => {
  const { folder, publish, attempts, waiting, events, close } = await openApp();
  const app = await serveApp(folder);
  await publish('slow');
  await waitUntil('it is begun', async () => (await attempts('slow')).length > 0);
  assert.equal((await app.stop()).code, 0);
  assert.equal(await waiting(), 0, 'it was finished');
  assert.deepEqual(await attempts('slow'), [1]);

  const again = await serveApp(folder);
  again.child.kill('SIGHUP');
  await publish('slow');
  await waitUntil('replaced', () => again.stderr().includes('the workers are replaced'));
  await waitUntil('it is done', async () => (await waiting()) === 0);
  assert.deepEqual(await attempts('slow'), [1, 1], 'a rollout repeats nothing');
  await publish('wait');
  await waitUntil('it is begun', async () => (await attempts('wait')).length > 0);
  await again.stop();
  const { letters } = await events.deadLetters('app');
  assert.equal(letters.length, 0);
  await close();
});

test('a call goes on with the trace of the publisher, and is counted', async () => {
  const file = `${slightfile()}[telemetry]\nmetrics = true\n`;
  const { folder, publish, seen, waiting, close } = await openApp(file);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  const app = await serveApp(folder, ['--health', '127.0.0.1:0'], env);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await publish('dead', { headers: [['traceparent', traceparent]] });
  await waitUntil('it is done', async () => (await seen()).length > 0 && (await waiting()) === 0);
  const [noted] = await seen();
  assert.match(noted!.traceparent!, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  assert.notEqual(noted!.traceparent, traceparent);
  const metrics = await (await fetch(app.health!.replace('healthz', 'metrics'))).text();
  assert.match(
    metrics,
    /slight_event_duration_seconds_count\{trigger="subscription",name="mails",outcome="dead"\} 1\n/,
  );
  assert.match(metrics, /slight_messages_total\{subscription="mails",outcome="dead"\} 1\n/);
  await app.stop();
  assert.match(app.stderr(), / event subscription mails dead .* trace=0af7651916cd43dd8448eb211c80319c\n/);
  await close();
});

test('batches come in one call, and messages of one key in their order', async () => {
  const file = slightfile('topics = ["orders.*"]\nbatch = 20\n', `${settings}, order = "key"`);
  const { folder, events, publish, seen, waiting, close } = await openApp(file);
  await events.subscribe('app', ['orders.*']);
  for (let count = 0; count < 12; count++) await publish(`m${count}`, { key: `k${count % 2}` });
  const app = await serveApp(folder, ['--workers', '2']);
  await waitUntil('all is done', async () => (await waiting()) === 0);
  await app.stop();
  const order = (await seen()).filter(({ key }) => key === 'k0').map(({ what }) => what);
  assert.deepEqual(order, ['m0', 'm2', 'm4', 'm6', 'm8', 'm10']);
  await close();
});

test('what a subscription needs and does not have keeps the app from starting', async () => {
  const refusal = async (file: string) => {
    const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': file });
    const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(
    await refusal(slightfile('')),
    /:12:3: \[\[subscription\]\] has no topics\n {2}12 \| \[\[subscription\]\]\n.*\^\n {2}fix: add topics/,
  );
  assert.match(
    await refusal(slightfile('topics = ["a"]\n', `${settings}, queue = true`)),
    /"events" is a queue, and \[\[subscription\]\] names topics of it\n {2}12 \| .*\n.*\^\n {2}fix: leave topics out/,
  );
  assert.match(
    await refusal(slightfile('topics = ["a b", "orders"]\ngroup = "a b"\n')),
    /:12:3: \[\[subscription\]\] topics: "a b" is no pattern of topics\.[^]*:12:3: \[\[subscription\]\] group: "a b" is no name of a group/,
  );
  const other = slightfile().replace('messaging = "events"', 'messaging = "others"');
  assert.match(
    await refusal(other),
    /names messaging = "others", and \[messaging\] has no such line\n {2}12 \| .*\n.*\^\n {2}fix: add /,
  );
});

test('a handler that nothing calls is told of once, however many workers there are', async () => {
  const file = '[app]\ncomponent = "app.wasm"\n[keyvalue]\nseen = "sqlite"\n[limits]\nworkers = 2\n';
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': `specversion = "0.3"\n${file}`,
  });
  const app = await serveApp(folder);
  await waitUntil('both workers are there', async () => (await app.workers()).length === 2);
  app.child.kill('SIGHUP');
  await waitUntil('they are replaced', () => /the workers are replaced/.test(app.stderr()));
  assert.equal((await app.stop()).code, 0);
  const hints = app.stderr().match(/.*nothing calls it.*/g);
  assert.equal(hints?.length, 1, app.stderr());
  assert.match(
    hints[0]!,
    /^hint: the app exports .*message-handler@0\.6\.0, and nothing calls it: add \[\[subscription\]\]/,
  );
});
