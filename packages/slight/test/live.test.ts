import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { before, test } from 'node:test';
import { runHeldLoad } from './held-load.ts';
import { buildScriptFiles } from './guests.ts';
import { appFolder, serveApp, waitForLog, waitUntil } from './slight.ts';
import type { Served } from './slight.ts';
import { subscribe } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

let guest: Awaited<ReturnType<typeof buildScriptFiles>>;
before(async () => {
  guest = await buildScriptFiles('live');
});

const mebibyte = 1024 * 1024;

async function serve(settings = '', ...args: string[]): Promise<Served> {
  const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${settings}`;
  return await serveApp(await appFolder({ ...guest, 'slightfile.toml': slightfile }), args);
}

/** Two workers that both take connections, and how many do now. */
async function serveTwice() {
  const app = await serve('', '--workers', '2', '--health', '127.0.0.1:0');
  const serving = async () => {
    const health = (await (await fetch(app.health!)).json()) as { workers: { serving: number } };
    return health.workers.serving;
  };
  await waitUntil('both serve', async () => (await serving()) === 2);
  return { app, serving };
}

const stream = (app: Served, channel: string, headers?: { [name: string]: string }) =>
  subscribe(`${app.url}/events/${channel}`, 'event-stream', headers);
const socket = (app: Served, path: string, headers?: { [name: string]: string }) =>
  subscribe(`${app.url}/sockets/${path}`, 'websocket', headers);
const say = (app: Served, channel: string, body: string, count = 1) =>
  app.get(`/say/${channel}?count=${count}`, { method: 'POST', body });
const hears = (subscriber: Subscriber, text: string) =>
  waitUntil(`"${text}" arrives`, () => subscriber.received.includes(text));

/** A request whose body is written, and whose answer is read, as fast as the test says. */
function exchange(url: string, length: number): { sent: ClientRequest; answer: Promise<IncomingMessage> } {
  const sent = request(url, { method: 'POST', headers: { 'content-length': length } });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return { sent, answer };
}

/** Most resident memory that a process ever had, in KiB; undefined where the system does not tell. */
function peakMemory(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

test('a body of 50 MiB goes through a guest in pieces, no faster than its reader', async () => {
  const app = await serve('[limits]\nbody = "64MiB"\nmemory = "32MiB"');
  const total = 50 * mebibyte;
  const before = peakMemory(await app.worker());
  const { sent, answer } = exchange(`${app.url}/echo`, total);
  let written = 0;
  const write = () => {
    while (written < total) {
      written += 65_536;
      if (!sent.write(Buffer.alloc(65_536, written / 65_536))) return void sent.once('drain', write);
    }
    sent.end();
  };
  write();
  const incoming = await answer;
  assert.equal(incoming.statusCode, 200);
  incoming.pause();
  // Nobody reads: what is on its way fills the buffers in between, and then the sender stands still.
  let before2 = -1;
  await waitUntil('the sender stands still', async () => {
    const still = before2 === written;
    before2 = written;
    await new Promise((next) => setTimeout(next, 200));
    return still && before2 === written;
  });
  assert.ok(written < total, `${written} bytes were taken from the client while nobody read the answer`);
  let got = 0;
  let sound = true;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sound &&= chunk[0] === (Math.floor(got / 65_536) + 1) % 256;
    got += chunk.length;
  }
  assert.deepEqual([got, sound], [total, true]);
  const after = peakMemory(await app.worker());
  if (before !== undefined && after !== undefined)
    assert.ok(after - before < 100 * 1024, `the worker grew by ${after - before} KiB`);
});

test('bodies are read whole or in pieces, and those that are not read do no harm', async () => {
  const app = await serve('[limits]\nbody = "1MiB"');
  for (const [size, path] of [
    [10, '/whole'],
    [900_000, '/whole'],
    [10, '/count'],
    [900_000, '/count'],
  ] as const) {
    const { status, body } = await app.get(path, { method: 'POST', body: 'x'.repeat(size) });
    assert.deepEqual([status, JSON.parse(body)], [200, { bytes: size }], `${path} ${size}`);
  }
  const ignored = await app.get('/ignore', { method: 'POST', body: 'x'.repeat(900_000) });
  assert.deepEqual([ignored.status, ignored.body], [200, 'not read']);
  for (const path of ['/whole', '/count']) {
    const { sent, answer } = exchange(`${app.url}${path}`, 3 * mebibyte);
    sent.on('error', () => undefined).end(Buffer.alloc(3 * mebibyte));
    assert.equal((await answer).statusCode, 413, path);
  }
  const pieces = new ReadableStream({
    start(controller) {
      for (let index = 0; index < 5; index++) controller.enqueue(new TextEncoder().encode('piece'));
      controller.close();
    },
  });
  const chunked = await app.get('/count', { method: 'POST', body: pieces, duplex: 'half' } as RequestInit);
  assert.deepEqual(JSON.parse(chunked.body), { bytes: 25 });
  assert.equal((await app.get('/')).body, 'still here');
});

test('a streamed answer is whole or visibly broken', async () => {
  const app = await serve('[limits]\ncpu = "200ms"');
  const whole = await fetch(`${app.url}/pieces/20`);
  assert.equal((await whole.arrayBuffer()).byteLength, 20 * 64 * 1024);
  const lines = await fetch(`${app.url}/lines`);
  assert.deepEqual([lines.headers.get('content-length'), await lines.text()], ['14', 'one\ntwo\nthree\n']);
  const head = await fetch(`${app.url}/lines`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  for (const path of ['/throws', '/busy', '/short']) {
    const broken = await fetch(app.url + path);
    assert.equal(broken.status, 200);
    await assert.rejects(broken.text(), path);
  }
  // Without chunks nothing but a reset tells a client that the body is not whole.
  const old = connect(Number(new URL(app.url).port), '127.0.0.1');
  old.write('GET /throws HTTP/1.0\r\n\r\n');
  await new Promise<void>((resolve, reject) => {
    old
      .resume()
      .once('error', () => resolve())
      .once('close', () => reject(new Error('it ended as if all were well')));
  });
  assert.equal((await app.get('/')).body, 'still here');
  await waitForLog(app, /its answer broke off: the app could not go on with its body/);
  await waitForLog(app, /Error: half way[^]*live\.ts/);
  await waitForLog(app, /its answer broke off: the app used up its CPU time/);
});

test('a client that leaves gives its instance back', async () => {
  const app = await serve('[limits]\ninstances = 1\nqueue = 0');
  for (let round = 0; round < 3; round++) {
    const client = connect(Number(new URL(app.url).port), '127.0.0.1');
    client.write('GET /pieces/1000 HTTP/1.1\r\nHost: h\r\n\r\n');
    await new Promise((resolve) => client.once('data', resolve));
    client.destroy();
    await waitUntil('the instance is free again', async () => (await app.get('/')).status === 200);
  }
});

test('an event stream: welcome, events, the last id, the end', async () => {
  const app = await serve();
  const reader = await stream(app, 'news', { 'Last-Event-ID': '41' });
  assert.match(reader.head, /^HTTP\/1.1 200 [^]*content-type: text\/event-stream/i);
  await hears(reader, 'welcome stream, last seen: 41');
  assert.equal(reader.raw[0], 'retry: 700');
  assert.equal((await say(app, 'news', 'two\nlines')).status, 204);
  await hears(reader, 'two\nlines');
  assert.equal(reader.raw.at(-1), 'event: said\nid: 0\ndata: two\ndata: lines');
  await say(app, 'other', 'not for this one');
  const other = await stream(app, 'news');
  reader.socket.destroy();
  await hears(other, 'stream left: 1006 ');
  assert.ok(!other.received.includes('not for this one'));
});

test('a websocket: messages in order, both kinds, channels, both ways of its end', async () => {
  const app = await serve();
  const [ann, bob] = await Promise.all([socket(app, 'room?name=ann'), socket(app, 'room?name=bob')]);
  assert.match(ann.head, /^HTTP\/1.1 101 [^]*x-app: live/i);
  await hears(ann, 'welcome ann, last seen: nothing');
  await hears(bob, 'welcome bob, last seen: nothing');
  for (let index = 0; index < 20; index++) ann.send(`m${index}`);
  await hears(bob, 'ann: m19');
  const heard = bob.received.filter((text) => text.startsWith('ann: '));
  assert.deepEqual(
    heard,
    Array.from({ length: 20 }, (_, index) => `ann: m${index}`),
  );
  ann.send('join attic');
  ann.send('leave room');
  ann.send('channels');
  await hears(ann, '["attic"]');
  await say(app, 'attic', 'up here');
  await hears(ann, 'up here');
  bob.send('bye');
  await waitUntil('bob is let go', () => bob.closed);
  assert.equal(bob.code, 3001);
  ann.send('throw');
  await waitUntil('ann is let go', () => ann.closed);
  assert.equal(ann.code, 1011);
  await waitForLog(app, /onMessage failed: Error: on purpose/);
  // Who follows the rules sees the websocket of a browser too.
  const browser = new WebSocket(`${app.url.replace('http', 'ws')}/sockets/room?protocol=chat`, 'chat');
  browser.binaryType = 'arraybuffer';
  const replies: unknown[] = [];
  browser.addEventListener('message', ({ data }) => replies.push(data));
  await new Promise((resolve) => browser.addEventListener('open', resolve));
  assert.equal(browser.protocol, 'chat');
  browser.send(Uint8Array.of(1, 2, 3));
  await waitUntil('the bytes come back', () => replies.length === 2);
  assert.deepEqual(new Uint8Array(replies[1] as ArrayBuffer), Uint8Array.of(3, 2, 1));
  browser.close(3000, 'enough');
  await waitUntil('the app hears of it', async () => (await app.get('/')).status === 200);
});

test('requests that cannot become connections', async () => {
  const app = await serve(
    '[http]\norigins = "https://friend.example"\n[limits]\nconnections = 2\nmessage = "100B"',
  );
  assert.equal((await app.get('/sockets/room')).status, 426);
  const refused = await subscribe(`${app.url}/refused`, 'websocket');
  assert.match(refused.head, /^HTTP\/1.1 401 /);
  const foreign = await socket(app, 'room', { Origin: 'https://evil.example' });
  assert.match(foreign.head, /^HTTP\/1.1 403 /);
  const wrong = await socket(app, 'room?protocol=chat', { 'Sec-WebSocket-Protocol': 'other' });
  assert.match(wrong.head, /^HTTP\/1.1 502 /);
  const own = await socket(app, 'room', { Origin: app.url });
  const friend = await socket(app, 'room', { Origin: 'https://friend.example' });
  for (const { head } of [own, friend]) assert.match(head, /^HTTP\/1.1 101 /);
  assert.match((await socket(app, 'room')).head, /^HTTP\/1.1 503 [^]*retry-after: 1/i);
  assert.match((await stream(app, 'room')).head, /^HTTP\/1.1 503 /);
  own.send('x'.repeat(101));
  await waitUntil('a message that is too long ends its connection', () => own.closed);
  assert.equal(own.code, 1009);
  await waitUntil('there is room again', async () => (await stream(app, 'room')).head.includes(' 200 '));
  await waitForLog(app, /\[http\] origins does not list it/);
});

test('a slow reader is let go, and hurts nobody else', async () => {
  const app = await serve();
  const slow = await Promise.all([stream(app, 'flood?quiet'), socket(app, 'flood?quiet')]);
  for (const { socket: line } of slow) line.pause();
  const quick = await Promise.all([stream(app, 'flood?quiet'), socket(app, 'flood?quiet')]);
  for (let round = 1; round <= 7; round++) {
    await say(app, 'flood', 'x'.repeat(500_000), 10);
    await waitUntil('all of it arrives', () => quick.every(({ received }) => received.length === 10 * round));
  }
  await waitUntil(
    'the log says so',
    () => app.stderr().match(/takes its messages too slowly/g)?.length === 2,
  );
  for (const { socket: line } of slow) line.on('error', () => undefined).resume();
  await waitUntil('they see the end', () => slow.every(({ closed }) => closed));
  assert.ok(slow.every(({ received }) => received.length < 70));
  assert.ok(quick.every(({ closed }) => !closed));
});

test('a host that stops says goodbye, and its apps hear of it', async () => {
  const app = await serve();
  const [reader, talker] = await Promise.all([stream(app, 'end'), socket(app, 'end?quiet')]);
  await hears(reader, 'welcome stream, last seen: nothing');
  const ended = await app.stop();
  assert.equal(ended.code, 0);
  await waitUntil('both are over', () => reader.closed && talker.closed);
  assert.equal(talker.code, 1001);
});

test('connections of all workers hear what one of them says, and outlive the death of another', async () => {
  const { app, serving } = await serveTwice();
  const [victim, survivor] = (await app.workers()) as [number, number];
  // Which of them takes a connection is the kernel's choice: the other one sleeps meanwhile.
  const openWhile = async (asleep: number) => {
    process.kill(asleep, 'SIGSTOP');
    const readers = await Promise.all(Array.from({ length: 6 }, () => stream(app, 'all')));
    process.kill(asleep, 'SIGCONT');
    return readers;
  };
  const doomed = await openWhile(survivor);
  const kept = await openWhile(victim);
  await say(app, 'all', 'to everyone');
  for (const reader of [...doomed, ...kept]) await hears(reader, 'to everyone');
  for (const { socket: line } of doomed) line.on('error', () => undefined);
  process.kill(victim, 'SIGKILL');
  await waitUntil('its connections end', () => doomed.every(({ closed }) => closed));
  await waitUntil('another works in its place', async () => (await serving()) === 2);
  const late = await stream(app, 'all');
  await say(app, 'all', 'after all');
  for (const reader of [...kept, late]) await hears(reader, 'after all');
  assert.ok(kept.every(({ closed }) => !closed));
});

test('a worker that hangs holds up the others for a moment only', async () => {
  const { app, serving } = await serveTwice();
  const [hung] = (await app.workers()) as [number];
  process.kill(hung, 'SIGSTOP');
  const readers = await Promise.all([stream(app, 'flood?quiet'), socket(app, 'flood?quiet')]);
  assert.equal((await say(app, 'flood', 'x'.repeat(500_000), 10)).status, 204);
  for (const { received } of readers) {
    await waitUntil('all of it arrives', () => received.length === 10);
    assert.deepEqual(
      received.map((message) => message.slice(-2)),
      Array.from({ length: 10 }, (_, index) => `.${index}`),
    );
  }
  await waitForLog(app, /is gone \(it hung: others waited for it/);
  await waitUntil('another works in its place', async () => (await serving()) === 2);
});

test('many connections on few instances: each gets every broadcast, all in one order', async () => {
  const load = { streams: 150, sockets: 150, requests: 8, messages: 10, workers: 2, slow: 2, size: 200 };
  const { faults, instances, memory } = await runHeldLoad(load);
  assert.deepEqual(faults, []);
  assert.ok(instances <= 64, `${instances} instances`);
  if (memory !== undefined) assert.ok(memory[2] - memory[0] < 300 * 1024, `memory: ${memory.join(', ')} KiB`);
});
