import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { ask, get, openSession, readAll, readBody, serve } from './server.ts';

const text = (piece: Uint8Array | undefined) => piece && Buffer.from(piece).toString();

test('a request arrives as it was made, and its answer comes back', async () => {
  const server = await serve(async (request, response) => {
    const body = await readBody(request);
    response.writeHead(201, { 'x-one': 'a', 'set-cookie': ['b=1', 'c=2'] });
    response.end(
      JSON.stringify({ method: request.method, url: request.url, body, headers: request.rawHeaders }),
    );
  });
  const session = await openSession([server.origin]);
  const answer = await ask(
    session,
    get(`${server.origin}/a%20b?q=ü#part`, {
      method: 'POST',
      headers: [
        ['X-Two', 'b'],
        ['x-two', 'c'],
        ['authorization', 'Bearer x'],
      ],
      body: Buffer.from('hello'),
    }),
  );
  assert.equal(answer.status, 201);
  assert.deepEqual([answer.url, answer.redirected], [`${server.origin}/a%20b?q=%C3%BC`, false]);
  assert.equal(answer.headers.get('x-one'), 'a');
  assert.equal(answer.headers.has('connection'), false);
  const seen = JSON.parse(answer.text);
  assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/a%20b?q=%C3%BC', 'hello']);
  const names = seen.headers
    .filter((_: string, at: number) => at % 2 === 0)
    .map((name: string) => name.toLowerCase());
  assert.deepEqual(names.toSorted(), [
    'authorization',
    'connection',
    'content-length',
    'host',
    'x-two',
    'x-two',
  ]);
});

test('bodies are streamed both ways, no faster than they are read', async () => {
  const server = await serve((request, response) => void request.pipe(response));
  const session = await openSession([server.origin]);
  const exchange = session.send(get(server.origin, { method: 'PUT', body: 'stream' }));
  const wrote: string[] = [];
  for (let n = 0; n < 100; n++) {
    await exchange.write(Buffer.from(`piece ${n},`.padEnd(10_000, '.')));
    wrote.push(`piece ${n},`.padEnd(10_000, '.'));
    // The server answers before it has everything: what comes after that is left out.
    if (n === 2) break;
  }
  exchange.finish();
  assert.equal((await readAll(exchange)).text, wrote.join(''));
});

test('a server that sends more than is read has to wait', async () => {
  let sent = 0;
  const server = await serve((_request, response) => {
    const more = () => {
      while (sent < 64 * 1024 * 1024) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const session = await openSession([server.origin]);
  const exchange = session.send(get(server.origin));
  await exchange.response();
  let before = -1;
  // Until nothing moves any more.
  while (sent !== before) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent`);
  let size = 0;
  for (let piece = await exchange.read(1 << 20); piece; piece = await exchange.read(1 << 20))
    size += piece.length;
  assert.equal(size, 64 * 1024 * 1024);
});

test('what has come is given at once, without a promise', async () => {
  const server = await serve((_request, response) => void response.end('there'));
  const session = await openSession([server.origin]);
  const exchange = session.send(get(server.origin));
  const head = exchange.response();
  assert.ok(head instanceof Promise);
  await head;
  while (!exchange.over) await new Promise(setImmediate);
  assert.equal(exchange.ready, true);
  assert.equal(text(exchange.read(2) as Uint8Array), 'th');
  assert.equal(text(exchange.read(100) as Uint8Array), 'ere');
  assert.equal(exchange.read(100), undefined);
});

test('a slow head and a slow body are given up; only what may be repeated leaves nothing open', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/body') response.write('begin');
  });
  const session = await openSession([server.origin], { timeout: 100 });
  for (const [method, outcome] of [
    ['GET', 'none'],
    ['POST', 'unknown'],
    ['PUT', 'none'],
  ] as const) {
    await assert.rejects(async () => session.send(get(server.origin, { method })).response(), {
      code: 'timeout',
      outcome,
      message: `outgoing HTTP to ${server.origin}: no answer within 100 ms`,
    });
  }
  await assert.rejects(
    async () => session.send(get(server.origin, { timeout: 10 })).response(),
    /within 10 ms/,
  );
  // Here the head is to come in time, however slow the machine is.
  const patient = await openSession([server.origin], { idle: 500 });
  const exchange = patient.send(get(`${server.origin}/body`));
  assert.equal((await exchange.response()).status, 200);
  assert.equal(text(await exchange.read(100)), 'begin');
  await assert.rejects(async () => exchange.read(100), {
    code: 'timeout',
    message: /nothing more of the body came/,
  });
  // A failure stays one.
  await assert.rejects(async () => exchange.read(100), { code: 'timeout' });
});

test('a server that takes nothing of a body is given up', async () => {
  const deaf = createServer((socket) => void socket.pause());
  deaf.listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const sockets = new Set<{ destroy(): void }>();
  deaf.on('connection', (socket) => sockets.add(socket));
  after(() => {
    for (const socket of sockets) socket.destroy();
    deaf.close();
  });
  const origin = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const session = await openSession([origin], { idle: 200 });
  const exchange = session.send(get(origin, { method: 'POST', body: 'stream' }));
  await assert.rejects(
    async () => {
      for (;;) await exchange.write(new Uint8Array(1 << 20));
    },
    { code: 'timeout', outcome: 'unknown', message: /the server took nothing of the body/ },
  );
});

test('connections that are refused, break off or speak something else are told apart', async () => {
  const reset = await serve((request, response) => {
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    } else request.socket.destroy();
  });
  const other = createServer((socket) => void socket.on('error', () => undefined).end('220 mail ready\r\n'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const gone = await serve(() => undefined);
  await new Promise((resolve) => gone.server.close(resolve));
  const session = await openSession([reset.origin, gone.origin, `http://127.0.0.1:${port}`]);
  const post = (url: string) => session.send(get(url, { method: 'POST' })).response();
  await assert.rejects(async () => post(gone.origin), {
    code: 'unavailable',
    outcome: 'none',
    message: /nobody listens/,
  });
  await assert.rejects(async () => post(reset.origin), {
    code: 'unavailable',
    outcome: 'unknown',
    message: /broke off/,
  });
  await assert.rejects(async () => post(`http://127.0.0.1:${port}`), {
    code: 'internal',
    message: /is not HTTP/,
  });
  const half = session.send(get(`${reset.origin}/half`));
  assert.equal((await half.response()).status, 200);
  assert.equal(text(await half.read(100)), 'half');
  await assert.rejects(async () => half.read(100), { code: 'unavailable' });
  assert.equal(reset.seen.length, 2, 'nothing is repeated');
});

test('a head that is too large is refused', async () => {
  const server = await serve((_request, response) => {
    for (let n = 0; n < 100; n++) response.setHeader(`x-${n}`, 'x'.repeat(1000));
    response.end();
  });
  const session = await openSession([server.origin]);
  await assert.rejects(async () => session.send(get(server.origin)).response(), {
    code: 'resource-exhausted',
  });
});

test('of one instance so many are under way; what it leaves is given up with its request', async () => {
  let left = 0;
  const server = await serve((request, response) => {
    if (request.url === '/now') return void response.end('now');
    request.socket.once('close', () => left++);
  });
  const session = await openSession([server.origin], { concurrent: 3 });
  for (let n = 0; n < 5; n++) await ask(session, get(`${server.origin}/now`));
  const open = [1, 2, 3].map(() => session.send(get(server.origin)));
  const waiting = open[0]!.response() as Promise<unknown>;
  assert.throws(() => session.send(get(server.origin)), {
    code: 'resource-exhausted',
    message: /3 requests of this instance are under way.*concurrent in \/app\/slightfile\.toml/,
  });
  while (server.seen.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
  session.end();
  await assert.rejects(waiting, { code: 'cancelled' });
  while (left < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal((await ask(session, get(`${server.origin}/now`))).text, 'now');
});

test('connections are used again', async () => {
  const server = await serve((_request, response) => void response.end('x'));
  const session = await openSession([server.origin]);
  for (let n = 0; n < 8; n++) await ask(session, get(server.origin));
  // A second one is opened where the answer is read before the first has become free.
  assert.ok(new Set(server.seen.map(({ socket }) => socket)).size <= 2);
});

test('what no request can have is refused before anything is sent', async () => {
  const server = await serve((_request, response) => void response.end());
  const session = await openSession(['*', server.origin]);
  const wrong: [Parameters<typeof get>, RegExp][] = [
    [['http://user:pw@127.0.0.1/'], /has a user or password/],
    [['http://user@127.0.0.1/'], /has a user or password/],
    [['ftp://127.0.0.1/'], /ftp: is not spoken/],
    [['file:///etc/passwd'], /file: is not spoken/],
    [['/relative'], /the URL is none/],
    [[`http://h/${'x'.repeat(20_000)}`], /longer than/],
    [[server.origin, { method: 'CONNECT' }], /"CONNECT" is no method/],
    [[server.origin, { method: 'GET /\r\nx: ' }], /is no method/],
    [[server.origin, { body: new Uint8Array(1) }], /a GET request has no body/],
    [[server.origin, { headers: [['Host', 'other']] }], /the header host is the host's to write/],
    [[server.origin, { headers: [['content-length', '1']] }], /content-length/],
    [[server.origin, { headers: [['Transfer-Encoding', 'chunked']] }], /transfer-encoding/],
    [[server.origin, { headers: [['connection', 'x']] }], /connection/],
    [[server.origin, { headers: [['proxy-authorization', 'x']] }], /proxy-authorization/],
    [[server.origin, { headers: [['x y', 'x']] }], /"x y" is no name of a header/],
    [[server.origin, { headers: [['x', 'a\r\nb: c']] }], /the value of the header x has characters/],
    [[server.origin, { headers: [['x', '☃']] }], /the value of the header x has characters/],
    [[server.origin, { headers: [['x', 'x'.repeat(70_000)]] }], /at most 65536/],
  ];
  for (const [request, message] of wrong)
    assert.throws(
      () => session.send(get(...request)),
      { code: 'invalid-argument', message },
      String(message),
    );
  assert.throws(
    () => session.send(get('http://user:hunter2@h/')),
    (error: Error) => !error.message.includes('hunter2'),
  );
  assert.equal(server.seen.length, 0);
});
