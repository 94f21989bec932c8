import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { holdAt, serveHeld, text } from './held-server.ts';
import { waitUntil } from './slight.ts';
import { frame } from './subscriber.ts';

/** What runs until it is let go, in order. */
function gates() {
  const waiting: (() => void)[] = [];
  return {
    pass: () => new Promise<void>((resolve) => waiting.push(resolve)),
    count: () => waiting.length,
    open: () => waiting.shift()!(),
  };
}

test('a client that vanishes while the app hears of it is told of afterwards', async (t) => {
  const gate = gates();
  const { open, told, held } = await serveHeld(t, { handler: gate.pass });
  for (const kind of ['events', 'sockets'] as const) {
    const client = await open(kind);
    await waitUntil('the app is at work', () => gate.count() === 1);
    client.socket.destroy();
    if (kind === 'events') await waitUntil('it is gone', () => held.count === 0);
    assert.equal(told.length, 1);
    gate.open();
    await waitUntil('the app hears of that too', () => gate.count() === 1);
    const [, last] = told.splice(0);
    assert.ok(last?.type === 'close');
    assert.deepEqual([last.code, last.view.channels], [1006, ['all']]);
    gate.open();
  }
});

test('a client that vanishes before it is answered cancels the call, and is not held', async (t) => {
  const { trigger, held, port, told } = await serveHeld(t, {
    handle: ({ url }, signal) =>
      new Promise((resolve) => {
        // An app that answers all the same.
        signal.addEventListener('abort', () => resolve({ status: 200, headers: [], body: holdAt(url) }));
      }),
  });
  for (const kind of ['events', 'sockets'])
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = connect(port, '127.0.0.1').on('error', () => undefined);
      const more =
        kind === 'events'
          ? ''
          : 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
      client.write(`GET /${kind} HTTP/1.1\r\nHost: h\r\n${more}\r\n`);
      await waitUntil('it is asked', () => trigger.active === 1);
      client[leave]();
      await waitUntil(`${kind} ${leave}: it is over`, () => trigger.active === 0);
    }
  assert.deepEqual([held.count, told.length], [0, 0]);
});

test('events of one connection come in order and one at a time; others do not wait for it', async (t) => {
  const gate = gates();
  const running = new Map<string, number>();
  let overlaps = 0;
  const { open, told } = await serveHeld(t, {
    events: 2,
    handler: async ({ id }, event) => {
      if (event.type !== 'message') return;
      const count = (running.get(id) ?? 0) + 1;
      running.set(id, count);
      if (count > 1) overlaps++;
      if (event.content === 'slow') await gate.pass();
      running.set(id, count - 1);
    },
  });
  const [busy, other] = [await open('sockets'), await open('sockets')];
  busy.send('slow');
  for (let index = 0; index < 50; index++) busy.send(`${index}`);
  await waitUntil('the app is at work', () => gate.count() === 1);
  for (let index = 0; index < 50; index++) other.send(`other ${index}`);
  const contents = () => told.flatMap((each) => (each.type === 'message' ? [each.content] : []));
  await waitUntil('the other one is heard', () => contents().includes('other 49'));
  assert.equal(contents().filter((each) => !String(each).startsWith('other')).length, 1);
  gate.open();
  await waitUntil('all are heard', () => contents().includes('49'));
  const heard = contents().filter((each) => !String(each).startsWith('other'));
  assert.deepEqual(heard, ['slow', ...Array.from({ length: 50 }, (_, index) => `${index}`)]);
  assert.equal(overlaps, 0);
});

test('a client that sends faster than the app works stands still', async (t) => {
  const gate = gates();
  let heard = 0;
  const { open } = await serveHeld(t, {
    handler: async (_view, event) => {
      if (event.type !== 'message') return;
      heard++;
      if (heard === 1) await gate.pass();
    },
  });
  const { socket } = await open('sockets');
  const total = 64;
  const message = frame(2, Buffer.alloc(1024 * 1024));
  for (let index = 0; index < total; index++) socket.write(message);
  await waitUntil('the app is at work', () => gate.count() === 1);
  let left = -1;
  await waitUntil('the client stands still', async () => {
    const before = left;
    await new Promise((next) => setTimeout(next, 200));
    left = socket.writableLength;
    return left === before;
  });
  assert.ok(left > (total / 2) * message.length, `only ${left} bytes are still with the client`);
  assert.equal(heard, 1);
  gate.open();
  await waitUntil('all is heard', () => heard === total);
});

test('an app that fails ends the connection, and hears of its end alone', async (t) => {
  const { open, told, log } = await serveHeld(t, {
    handler: async (_view, { type }) => {
      if (type === 'message') throw new Error('on purpose');
    },
  });
  const client = await open('sockets');
  for (const content of ['one', 'two', 'three']) client.send(content);
  await waitUntil('it is over', () => client.closed && told.length === 3);
  assert.equal(client.code, 1011);
  assert.deepEqual(
    told.map(({ type }) => type),
    ['open', 'message', 'close'],
  );
  assert.match(log(), /on-message of its connection failed: on purpose/);
});

test('what a client said before the app closed its connection is not told afterwards', async (t) => {
  const { open, told, publish } = await serveHeld(t, {
    handler: async ({ id }, { type }) => {
      if (type === 'message') publish({ type: 'close', connection: id, code: 3001, reason: 'bye' });
    },
  });
  const client = await open('sockets');
  client.socket.write(Buffer.concat(['one', 'two', 'three'].map((each) => frame(1, each))));
  await waitUntil('it is over', () => client.closed && told.length === 3);
  assert.deepEqual([client.code, told[1]?.type, told[2]?.type], [3001, 'message', 'close']);
});

test('a connection is on 64 channels at most, and on each once', async (t) => {
  const { open, publish, ids, log } = await serveHeld(t);
  const client = await open('events');
  await waitUntil('it is there', () => ids().length === 1);
  const [connection] = ids() as [string];
  for (let index = 0; index < 70; index++) {
    publish({ type: 'join', connection, channel: `channel ${index}` });
    publish({ type: 'join', connection, channel: 'all' });
  }
  for (const channel of ['channel 63', 'channel 62', 'all'])
    publish({ type: 'broadcast', channel, message: text(channel) });
  await waitUntil('it hears', () => client.received.includes('all'));
  assert.deepEqual(client.received, ['channel 62', 'all']);
  assert.match(log(), /its connection is on 64 channels and joins no more/);
  publish({ type: 'leave', connection, channel: 'all' });
  publish({ type: 'broadcast', channel: 'all', message: text('not here') });
  publish({ type: 'send', connection, message: text('here') });
  await waitUntil('it hears', () => client.received.length === 3);
  assert.equal(client.received[2], 'here');
});

test('where too much waits for all clients, those furthest behind are let go', async (t) => {
  const { open, publish, ids, log, held } = await serveHeld(t, { message: 1024, backlog: 0 });
  const clients = [await open('sockets'), await open('events'), await open('sockets')];
  for (const { socket } of clients) socket.on('error', () => undefined).pause();
  await waitUntil('all are there', () => ids().length === 3);
  const [slow, ...others] = ids() as [string, string, string];
  // Each gets its own, so that it counts for each; the first one twice as much.
  const message = text('x'.repeat(256 * 1024));
  for (let round = 0; held.count === 3 && round < 400; round++) {
    for (const connection of [slow, slow, ...others]) publish({ type: 'send', connection, message });
    await new Promise(setImmediate);
  }
  await waitUntil('one is let go', () => held.count === 2);
  assert.equal(log().match(/takes its messages too slowly/g)?.length, 1);
  for (const { socket } of clients) socket.resume();
  await waitUntil('it is the first', () => clients[0]!.closed);
  assert.ok(!clients[1]!.closed && !clients[2]!.closed);
  // The others are served on.
  const before = clients[1]!.received.length;
  publish({ type: 'broadcast', channel: 'all', message: text('and on') });
  await waitUntil('they hear', () => clients[1]!.received.at(-1) === 'and on' && before > 0);
});

test('a message to many waits once', async (t) => {
  const { open, publish, held, log } = await serveHeld(t, { message: 1024, backlog: 0 });
  const clients = await Promise.all(Array.from({ length: 20 }, () => open('sockets')));
  await waitUntil('all are there', () => held.count === 20);
  // Twenty times this would be more than may wait.
  for (let round = 0; round < 8; round++)
    publish({ type: 'broadcast', channel: 'all', message: text('x'.repeat(1_000_000)) });
  await waitUntil('all of it arrives', () => clients.every(({ received }) => received.length === 8));
  assert.doesNotMatch(log(), /too slowly/);
});

test('a host that stops ends all connections, and takes no new ones', async (t) => {
  const { open, told, trigger, held, port } = await serveHeld(t, {
    handle: async ({ url }) => ({
      status: 200,
      headers: [],
      body: url.endsWith('/') ? Buffer.from('served') : holdAt(url),
    }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ask = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port, path, agent }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      })
        .once('error', reject)
        .end();
    });
  assert.equal(await ask('/'), 200);
  const reader = await open('events');
  const talker = await open('sockets');
  const rude = await open('sockets');
  rude.socket.removeAllListeners('data').resume();
  await waitUntil('all are there', () => held.count === 3);
  const closed = trigger.close(1_000, 1_000);
  // An event stream would come back after a connection that broke, not after a refusal.
  await assert.rejects(ask('/events'), /socket hang up|ECONNRESET/);
  await closed;
  await waitUntil('all are over', () => [reader, talker, rude].every((each) => each.closed));
  assert.equal(talker.code, 1001);
  await waitUntil('the app heard of all', () => told.length === 6);
  const codes = told.flatMap((each) => (each.type === 'close' ? [each.code] : []));
  assert.deepEqual(codes.toSorted(), [1001, 1001, 1006]);
});
