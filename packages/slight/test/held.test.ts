import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { admitsOrigin } from '../src/triggers/held/upgrade.ts';
import { boundConnections } from '../src/host/worker/open-files.ts';
import { holdAt, serveHeld, text } from './held-server.ts';
import { waitUntil } from './slight.ts';
import { frame } from './subscriber.ts';

/** What a server says on a connection until it ends it, or until `enough`. */
function converse(port: number, said: string, enough = /$^/): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      heard += chunk as unknown as string;
      if (enough.test(heard)) socket.destroy();
    });
    socket.on('error', reject).on('close', () => resolve(heard));
    socket.write(said);
  });
}

const upgrade = (more = '', version = '1.1') =>
  `GET /sockets HTTP/${version}\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`;

test('HEAD of an event stream has its head, and holds nothing', async (t) => {
  const { port, held } = await serveHeld(t);
  const answer = await converse(port, 'HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.match(answer, /^HTTP\/1.1 200 [^]*content-type: text\/event-stream[^]*\r\n\r\n$/);
  assert.equal(held.count, 0);
});

test('the head of an event stream is Latin-1, also where it says when to come back', async (t) => {
  const { port } = await serveHeld(t, {
    async handle({ url }) {
      const protocol = { name: 'event-stream', retryMs: 700 } as const;
      return { status: 200, headers: [['x-name', 'gr\u00fcn']], body: holdAt(url, { protocol }) };
    },
  });
  const answer = await converse(port, 'GET /events HTTP/1.1\r\nHost: h\r\n\r\n', /retry/);
  assert.match(answer, /x-name: gr\u00fcn\r\n[^]*\r\n\r\nretry: 700\n\n$/, 'read as such');
});

test('an event stream is bare bytes to its end, for clients of HTTP/1.0 too', async (t) => {
  const { port, publish, held } = await serveHeld(t);
  for (const version of ['1.0', '1.1']) {
    const answer = converse(port, `GET /events HTTP/${version}\r\nHost: h\r\n\r\n`, /data: hello\n\n$/);
    await waitUntil('it is held', () => held.count === 1);
    publish({ type: 'broadcast', channel: 'all', message: { content: 'hello', event: 'said', id: '7' } });
    assert.match(await answer, /connection: close[^]*\r\n\r\n:\n\nevent: said\nid: 7\ndata: hello\n\n$/i);
    assert.doesNotMatch(await answer, /transfer-encoding|content-length/i);
    await waitUntil('it is gone', () => held.count === 0);
  }
});

test('what is sent, in the form of each protocol', async (t) => {
  const { open, publish, held } = await serveHeld(t);
  const [reader, talker] = [await open('events'), await open('sockets')];
  await waitUntil('both are there', () => held.count === 2);
  const long = 'ü'.repeat(40_000);
  for (const content of ['one\r\ntwo\rthree\n', '', Uint8Array.of(0, 255), 'x'.repeat(200), long, 'end'])
    publish({ type: 'broadcast', channel: 'all', message: text(content) });
  await waitUntil('all is there', () => [reader, talker].every(({ received }) => received.includes('end')));
  assert.deepEqual(reader.received, ['one\ntwo\nthree\n', '', 'AP8=', 'x'.repeat(200), long, 'end']);
  assert.deepEqual(talker.received, ['one\r\ntwo\rthree\n', '', 'x'.repeat(200), long, 'end']);
  assert.deepEqual(talker.raw, ['1', '1', '2', '1', '1', '1']);
});

test('requests that ask for a websocket in another way get an answer that says how', async (t) => {
  const { port, held } = await serveHeld(t);
  for (const asked of [
    'GET /sockets HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    upgrade('Content-Length: 5\r\n').replace(/\r\n\r\n$/, '\r\n\r\nhello'),
    upgrade('', '1.0'),
    upgrade().replace('Version: 13', 'Version: 8'),
    upgrade().replace('AAAA==', 'A'),
  ]) {
    const answer = await converse(port, asked);
    assert.match(answer, /^HTTP\/1.1 426 [^]*sec-websocket-version: 13\r\n/i, asked);
    assert.match(answer, /\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n/i);
  }
  for (const names of ['chat, chat', 'a b', 'chat,', '"']) {
    const answer = await converse(port, upgrade(`Sec-WebSocket-Protocol: ${names}\r\n`));
    assert.match(answer, /^HTTP\/1.1 400 [^]*Sec-WebSocket-Protocol is not a list/, names);
  }
  assert.equal(held.count, 0);
});

test('an app adds headers to a handshake, and none that the handshake or the connection has', async (t) => {
  let headers: [string, string][] = [
    ['set-cookie', 'a=1'],
    ['sec-websocket-extensions', 'permessage-deflate'],
    ['sec-websocket-accept', 'forged'],
    ['connection', 'close'],
  ];
  const { open } = await serveHeld(t, {
    handle: async ({ url }) => ({ status: 200, headers, body: holdAt(url) }),
  });
  const { head, socket } = await open('sockets');
  assert.match(head, /^HTTP\/1.1 101 [^]*set-cookie: a=1/);
  assert.doesNotMatch(head, /deflate|forged|close/);
  socket.destroy();
  for (const kind of ['sockets', 'events'] as const) {
    headers = [['x-split', 'a\r\nset-cookie: stolen=1']];
    const refused = await open(kind);
    assert.match(refused.head, /^HTTP\/1.1 502 /);
    assert.doesNotMatch(refused.head, /stolen/);
  }
});

test('a request behind another one is held when its turn comes, or not at all', async (t) => {
  const release: (() => void)[] = [];
  const { port, held, publish, trigger } = await serveHeld(t, {
    handle: async ({ url }) => {
      if (url.endsWith('/events')) return { status: 200, headers: [], body: holdAt(url) };
      await new Promise<void>((resolve) => release.push(resolve));
      return { status: 200, headers: [], body: Buffer.from('first') };
    },
  });
  const both = 'GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /events HTTP/1.1\r\nHost: h\r\n\r\n';
  const answers = converse(port, both, /data: hello/);
  await waitUntil('both are there', () => trigger.active === 2 && release.length === 1);
  assert.equal(held.count, 0);
  release.pop()!();
  await waitUntil('it is held', () => held.count === 1);
  publish({ type: 'broadcast', channel: 'all', message: text('hello') });
  assert.match(await answers, /first[^]*HTTP\/1.1 200 [^]*data: hello/);

  const leaves = connect(port, '127.0.0.1').on('error', () => undefined);
  leaves.write(both);
  await waitUntil('both are there', () => trigger.active === 2 && release.length === 1);
  leaves.destroy();
  await waitUntil('both are given up', () => trigger.active === 0);
  release.pop()!();
  await waitUntil('none is held', () => held.count === 0);
});

test('a websocket that is asked for before the request in front of it is answered is refused after it', async (t) => {
  const release: (() => void)[] = [];
  const { port, held, trigger } = await serveHeld(t, {
    handle: async ({ url }) => {
      if (url.endsWith('/sockets')) return { status: 200, headers: [], body: holdAt(url) };
      await new Promise<void>((resolve) => release.push(resolve));
      return { status: 200, headers: [], body: Buffer.from('first') };
    },
  });
  const answer = converse(port, `GET /slow HTTP/1.1\r\nHost: h\r\n\r\n${upgrade()}`);
  await waitUntil('the first is there', () => release.length === 1);
  release.pop()!();
  assert.match(await answer, /^HTTP\/1.1 200 [^]*first[^]*HTTP\/1.1 426 /);
  await waitUntil('all is over', () => trigger.active === 0);
  assert.equal(held.count, 0);
});

test('the id that a client saw last is UTF-8', async (t) => {
  const { port, told } = await serveHeld(t);
  const id = Buffer.from('größe 7').toString('latin1');
  const client = connect(port, '127.0.0.1').on('error', () => undefined);
  client.write(Buffer.from(`GET /events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: ${id}\r\n\r\n`, 'latin1'));
  await waitUntil('the app hears of it', () => told.length === 1);
  const [event] = told;
  assert.ok(event?.type === 'open');
  assert.equal(event.lastEventId, 'größe 7');
  client.destroy();
});

test('signs of life: a websocket that gives none is ended, one that does is not', async (t) => {
  const { open, held } = await serveHeld(t, { heartbeat: 500 });
  const alive = await open('sockets');
  const reader = await open('events');
  await waitUntil('both saw some', () => alive.raw.length >= 3 && reader.raw.length >= 3);
  assert.deepEqual([...new Set(alive.raw)], ['9']);
  assert.deepEqual([...new Set(reader.raw)], [':']);
  const silent = await open('sockets');
  silent.socket.removeAllListeners('data').resume();
  await waitUntil('the silent one is ended', () => silent.closed);
  assert.equal(held.count, 2);
});

test('an event stream whose client takes nothing for too long is ended', async (t) => {
  const mebibyte = 1024 * 1024;
  const { open, held, publish, log } = await serveHeld(t, { heartbeat: 50, message: 64 * mebibyte });
  const stuck = await open('events');
  stuck.socket.on('error', () => undefined).pause();
  // More than the buffers between hold, less than makes it slow.
  for (let index = 0; index < 60; index++)
    publish({ type: 'broadcast', channel: 'all', message: text('x'.repeat(mebibyte)) });
  await waitUntil('it is ended', () => held.count === 0);
  assert.doesNotMatch(log(), /too slowly/);
});

test('frames: fragments are put together, pings answered, broken rules end the connection', async (t) => {
  const { open, told, publish, ids } = await serveHeld(t, { message: 1000 });
  const sound = await open('sockets');
  sound.socket.write(frame(1, 'one ', { last: false }));
  sound.socket.write(frame(9, 'between'));
  sound.socket.write(frame(0, 'message'));
  await waitUntil('it arrives', () => told.length === 2);
  assert.deepEqual(told[1]?.type === 'message' && told[1].content, 'one message');
  await waitUntil('the ping is answered', () => sound.raw.includes('10'));
  publish({ type: 'close', connection: ids()[0]!, code: 3000, reason: 'enough' });
  await waitUntil('it is over', () => sound.closed && told.length === 3);
  assert.equal(sound.code, 3000);

  const nothing = frame(1, '', { last: false });
  const nextToNothing = frame(0, '', { last: false });
  const broken: readonly (readonly [string, number, Buffer])[] = [
    ['unmasked', 1002, frame(1, 'x', { masked: false })],
    ['unknown opcode', 1002, frame(3, 'x')],
    ['continues nothing', 1002, frame(0, 'x')],
    ['no UTF-8', 1007, frame(1, Uint8Array.of(0xff))],
    ['too long', 1009, frame(1, 'x'.repeat(1001))],
    [
      'too long in fragments',
      1009,
      Buffer.concat([frame(1, 'x'.repeat(600), { last: false }), frame(0, 'x'.repeat(600))]),
    ],
    ['a ping too long', 1002, frame(9, 'x'.repeat(126))],
    // In pieces of nothing a message would never be too long.
    [
      'endless fragments',
      1008,
      Buffer.concat([nothing, ...Array.from({ length: 20_000 }, () => nextToNothing)]),
    ],
    ['a flood of pings', 1006, Buffer.concat(Array.from({ length: 1_000 }, () => frame(9, 'x')))],
  ];
  for (const [what, code, bytes] of broken) {
    const before = told.length;
    const client = await open('sockets');
    client.socket.on('error', () => undefined).write(bytes);
    await waitUntil(`${what}: it is over`, () => client.closed && told.length === before + 2);
    assert.equal(client.code ?? 1006, code, what);
    assert.ok(
      told.slice(before).every(({ type }) => type !== 'message'),
      what,
    );
  }
});

test('no way in which clients break off ends the process', async (t) => {
  const { port, held, publish, told } = await serveHeld(t, {
    heartbeat: 5,
    message: 1000,
    handler: async () => new Promise((resolve) => setTimeout(resolve, 1)),
  });
  const ask = 'GET /events HTTP/1.1\r\nHost: h\r\n\r\n';
  const ends = ['end', 'destroy', 'resetAndDestroy'] as const;
  const said = [
    ask,
    `${ask}${ask}`,
    `${ask}no HTTP`,
    upgrade(),
    Buffer.concat([Buffer.from(upgrade()), frame(1, 'hello'), frame(8, '')]),
    Buffer.concat([Buffer.from(upgrade()), frame(1, 'half').subarray(0, 7)]),
    Buffer.concat([Buffer.from(upgrade()), frame(8, Uint8Array.of(3, 232)), frame(1, 'after the end')]),
    Buffer.concat([Buffer.from(upgrade()), Buffer.alloc(2_000, 0xff)]),
    upgrade('Sec-WebSocket-Protocol: ,\r\n'),
  ];
  for (const each of said)
    for (let round = 0; round < 30; round++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => socket.write(each, resolve));
      for (let turn = 0; turn < round % 10; turn++) await new Promise(setImmediate);
      publish({ type: 'broadcast', channel: 'all', message: text('x'.repeat(1000)) });
      socket[ends[round % 3]!]();
    }
  await waitUntil('all are gone', () => held.count === 0);
  const count = (type: string) => told.filter((each) => each.type === type).length;
  await waitUntil('the app heard of each end', () => count('open') === count('close'));
});

test('origins', () => {
  const asks = (origin: string | undefined, url = 'http://app.example:3000/', allowed: string[] = []) =>
    admitsOrigin(origin, url, allowed);
  assert.ok(asks(undefined));
  assert.ok(asks('http://app.example:3000'));
  assert.ok(asks('https://app.example', 'http://app.example/'), 'a proxy in front speaks TLS');
  assert.ok(!asks('null'));
  assert.ok(!asks('http://app.example'));
  assert.ok(!asks('http://app.example:3000.evil.example'));
  assert.ok(!asks('http://other.example', undefined, ['https://other.example']));
  assert.ok(asks('https://other.example', undefined, ['https://other.example/']));
  assert.ok(asks('null', undefined, ['*']));
});

test('few open files bound the connections, and are named where they do', () => {
  assert.deepEqual(boundConnections(10_000, 1_048_576), {
    held: { count: 10_000, because: 'limits.connections' },
    all: 20_000,
  });
  const { held, all } = boundConnections(10_000, 1024);
  assert.deepEqual([held.count, all], [741, 824]);
  assert.match(held.because, /limit of 1024 open files for each process \(ulimit -n\)/);
});
