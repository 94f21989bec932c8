import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLog } from '../host/log/log.ts';
import { HttpFailure } from './http-message.ts';
import type { HttpHandler, HttpRequest } from './http-message.ts';
import { startHttpTrigger } from './http.ts';
import type { HttpTrigger, HttpTriggerOptions } from './http.ts';

interface Served extends HttpTrigger {
  readonly port: number;
  readonly log: string[];
}

async function serve(
  t: TestContext,
  handle: HttpHandler,
  options: Partial<HttpTriggerOptions> = {},
): Promise<Served> {
  const lines: string[] = [];
  const log = createLog({ write: (text) => void lines.push(text), terminal: false });
  const trigger = await startHttpTrigger({
    address: { host: '127.0.0.1', port: 0 },
    forwarded: false,
    body: 1000,
    bodyTimeout: 5000,
    log,
    handle,
    ...options,
  });
  t.after(() => trigger.close(0));
  return Object.assign(trigger, { port: Number(new URL(trigger.url).port), log: lines });
}

const ok = (body = '', headers: [string, string][] = [], status = 200) => ({
  status,
  headers,
  body: Buffer.from(body),
});

const echo: HttpHandler = async (asked) =>
  ok(JSON.stringify({ ...asked, body: Buffer.from(asked.body as Uint8Array).toString() }));

async function ask(
  served: Served,
  options: RequestOptions & { send?: string } = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; raw: string[]; body: string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ port: served.port, host: '127.0.0.1', agent: false, ...options }, resolve);
    outgoing.on('error', reject).end(options.send);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  return { status: answer.statusCode!, headers: answer.headers, raw: answer.rawHeaders, body };
}

/** Sends bytes as they are and gives everything that comes back until the server hangs up. */
function talk(
  served: Served,
  text: string,
  onData?: (socket: ReturnType<typeof connect>) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(served.port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      onData?.(socket);
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

async function echoed(
  answer: Promise<{ body: string }>,
): Promise<Omit<HttpRequest, 'body'> & { body: string }> {
  return JSON.parse((await answer).body);
}

test('hands the whole request to the handler', async (t) => {
  const served = await serve(t, echo);
  const seen = await echoed(
    ask(served, {
      method: 'PUT',
      path: '/a%20b?q=1',
      headers: [
        'Host',
        'shop.example:80',
        'X-Two',
        '1',
        'x-two',
        '2',
        'Connection',
        'close, X-Gone',
        'X-Gone',
        '1',
        'TE',
        'trailers',
        'Content-Length',
        '4',
        'X-Request-Id',
        'abc-1',
      ],
      send: 'body',
    }),
  );
  assert.equal(seen.method, 'PUT');
  assert.equal(seen.url, 'http://shop.example:80/a%20b?q=1');
  assert.equal(seen.body, 'body');
  assert.equal(seen.remote, '127.0.0.1');
  assert.equal(seen.id, 'abc-1');
  assert.deepEqual(seen.headers, [
    ['host', 'shop.example:80'],
    ['x-two', '1'],
    ['x-two', '2'],
    ['content-length', '4'],
    ['x-request-id', 'abc-1'],
  ]);
});

test('every method reaches the handler', async (t) => {
  const served = await serve(t, async ({ method }) => ok('', [['x-method', method]]));
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const { status, headers } = await ask(served, { method });
    assert.deepEqual([status, headers['x-method']], [200, method]);
  }
  assert.match(
    await talk(served, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'),
    /^HTTP\/1.1 405 /,
  );
});

test('targets: absolute form, asterisk, bytes beyond ASCII, no host', async (t) => {
  const served = await serve(t, async ({ url }) => ok(url));
  const target = async (line: string, host = 'Host: h\r\n') =>
    (await talk(served, `${line}\r\n${host}Connection: close\r\n\r\n`)).split('\r\n\r\n')[1];
  assert.equal(await target('GET http://other/x HTTP/1.1'), 'http://other/x');
  assert.equal(await target('OPTIONS * HTTP/1.1'), 'http://h');
  assert.equal(await target('GET /x HTTP/1.0', ''), `${served.url}/x`);
  for (const [line, host] of [
    ['GET /x HTTP/1.1', ''],
    ['GET /x HTTP/1.1', 'Host: a/b\r\n'],
    ['GET /x HTTP/1.1', 'Host: a b\r\n'],
    ['GET /x HTTP/1.1', 'Host: a:99999\r\n'],
    ['GET /x HTTP/1.1', 'Host: 1.2.3.256\r\n'],
    ['GET http://a@b/x HTTP/1.1', 'Host: h\r\n'],
  ] as const) {
    const answer = await talk(served, `${line}\r\n${host}Connection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 400 /, `${line} ${host}`);
  }
});

test('forwarded headers are believed only when told, and only what the proxy itself wrote', async (t) => {
  const headers = {
    'x-forwarded-for': '6.6.6.6, 203.0.113.7',
    'x-forwarded-proto': 'http, https',
    'x-forwarded-host': 'evil.example, shop.example',
  };
  const plain = await serve(t, echo);
  const direct = await echoed(ask(plain, { headers }));
  assert.deepEqual([direct.url, direct.remote], [`${plain.url}/`, '127.0.0.1']);
  const trusting = await serve(t, echo, { forwarded: true });
  const proxied = await echoed(ask(trusting, { headers }));
  assert.deepEqual([proxied.url, proxied.remote], ['https://shop.example/', '203.0.113.7']);
});

test('answers carry length, date and id; headers of one connection are dropped; repeated ones stay', async (t) => {
  const served = await serve(t, async () =>
    ok('héllo', [
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['Content-Length', '1'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'X-Hop'],
      ['X-Hop', '1'],
      ['Keep-Alive', 'timeout=1'],
    ]),
  );
  const answer = await ask(served, { headers: { 'x-request-id': 'not/\u00e9valid' } });
  assert.equal(answer.body, 'héllo');
  assert.equal(answer.headers['content-length'], '6');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(answer.headers['x-hop'], undefined);
  assert.equal(answer.headers['transfer-encoding'], undefined);
  assert.ok(answer.headers.date);
  assert.match(answer.headers['x-request-id'] as string, /^[\da-f-]{36}$/);
});

test('HEAD, 204 and 304 have no body', async (t) => {
  const served = await serve(t, async ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === '/own') return ok('', [['content-length', '77']]);
    if (pathname === '/unknown') return ok('');
    if (pathname.startsWith('/own/')) return ok('', [['content-length', '77']], Number(pathname.slice(5)));
    return ok('body', [], Number(pathname.slice(1)) || 200);
  });
  const keepAlive = { Connection: 'keep-alive' };
  const head = await ask(served, { method: 'HEAD', path: '/', headers: keepAlive });
  assert.deepEqual([head.body, head.headers['content-length']], ['', '4']);
  const own = await ask(served, { method: 'HEAD', path: '/own' });
  assert.equal(own.headers['content-length'], '77');
  const unknown = await ask(served, { method: 'HEAD', path: '/unknown' });
  assert.equal(unknown.headers['content-length'], undefined, 'what GET would send is not known');
  for (const method of ['GET', 'HEAD']) {
    for (const path of ['/204', '/304', '/own/204', '/own/304']) {
      const answer = await ask(served, { method, path });
      assert.deepEqual([answer.body, answer.headers['content-length']], ['', undefined], `${method} ${path}`);
    }
  }
});

test('a body of text is sent as UTF-8, and the head before it as the bytes that it is', async (t) => {
  const texts = ['plain', 'Käse für 2 €', '\0\x7f', 'x'.repeat(100_000), '𝄞'.repeat(70_000)];
  const served = await serve(t, async ({ url }) => ({
    status: 200,
    headers: [['x-name', 'gr\u00fcn']],
    body: texts[Number(new URL(url).searchParams.get('n'))]!,
  }));
  for (let n = 0; n < texts.length; n++) {
    const answer = await ask(served, { path: `/?n=${n}` });
    assert.equal(answer.body, texts[n]);
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(texts[n]!)));
    assert.equal(answer.headers['x-name'], 'gr\u00fcn', 'Node gives the bytes of a head as Latin-1');
    const head = await ask(served, { method: 'HEAD', path: `/?n=${n}` });
    assert.deepEqual([head.body, head.headers['content-length']], ['', answer.headers['content-length']]);
  }
});

test('an answer that is not HTTP is 502 with a line in the log, and nothing of it is sent', async (t) => {
  const bad = [
    ok('', [], 65535),
    ok('', [], 199),
    ok('', [], 600),
    ok('', [['x-evil', 'a\r\nx-injected: 1']]),
    ok('', [['x evil', 'a']]),
    ok('', [[`\u009b2J${'/'.repeat(100_000)}`, 'a']]),
    ok('', [['x'.repeat(100_000), '\n']]),
    ok('', [['', 'a']]),
    ok('', [['x-wide', '\u20ac']]),
    ok(
      '',
      Array.from({ length: 10_001 }, () => ['a', '']),
    ),
  ];
  const served = await serve(t, async ({ url }) => bad[Number(new URL(url).searchParams.get('n'))]!);
  for (let n = 0; n < bad.length; n++) {
    const answer = await ask(served, { path: `/?n=${n}` });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers['x-injected'], undefined);
    assert.match(answer.body, /not HTTP.\nRequest id: /);
  }
  const lines = served.log.filter((line) => line.includes('the app answered with'));
  assert.equal(lines.length, bad.length);
  // What the app names so must neither fill the log nor command a terminal.
  for (const line of lines) assert.match(line.trimEnd(), /^\P{Cc}{1,400}$/u);
  assert.ok(
    served.log.some((line) => line.includes('x-wide whose value has "\u20ac", which HTTP does not allow')),
  );
});

test('what a handler throws becomes its answer; anything else a 500 that says nothing', async (t) => {
  const served = await serve(t, async ({ url }) => {
    if (url.endsWith('/busy')) throw new HttpFailure(503, 'Busy.', { headers: [['retry-after', '1']] });
    throw new Error('secret detail');
  });
  const busy = await ask(served, { path: '/busy' });
  assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '1']);
  const broken = await ask(served, { path: '/x' });
  assert.equal(broken.status, 500);
  assert.ok(!broken.body.includes('secret detail'));
  assert.ok(served.log.join('').includes('secret detail'));
});

test('a body beyond the limit is refused before it is read', async (t) => {
  const served = await serve(t, echo, { body: 10 });
  assert.equal((await echoed(ask(served, { method: 'POST', send: '0123456789' }))).body, '0123456789');
  const declared = await talk(served, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n');
  assert.match(declared, /^HTTP\/1.1 413 .*\r\nconnection: close\r\n/is);
  const chunked = await talk(
    served,
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n',
  );
  assert.match(chunked, /^HTTP\/1.1 413 /);
  const told = served.log.filter((line) => line.includes('10 bytes (body below [limits])'));
  assert.deepEqual([told.length, (declared + chunked).includes('limits')], [2, false]);
});

test('a client that sends on sees why its body was refused', async (t) => {
  const served = await serve(t, echo, { body: 10 });
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n';
  assert.match(await talk(served, head + 'x'.repeat(8_000_000)), /^HTTP\/1.1 413 /);
});

test('a client that leaves after it was refused is logged with what it was told', async (t) => {
  const served = await serve(t, echo, { body: 10 });
  const socket = connect(served.port, '127.0.0.1');
  socket.write('POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\nthe beginning');
  await once(socket, 'data');
  socket.destroy();
  while (!/POST \/large/.test(served.log.join(''))) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(served.log.join(''), /POST \/large 413 /);
});

test('100-continue is granted only to a body that will be read', async (t) => {
  const served = await serve(t, echo, { body: 10 });
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ';
  assert.match(await talk(served, `${head}11\r\n\r\n`), /^HTTP\/1.1 413 /);
  let sent = false;
  const answer = await talk(served, `${head}3\r\n\r\n`, (socket) => {
    if (!sent) socket.write('abc');
    sent = true;
  });
  assert.match(answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
});

test('a body that does not come in time is 408', async (t) => {
  const served = await serve(t, echo, { bodyTimeout: 30 });
  const answer = await talk(served, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab');
  assert.match(answer + served.log.join(''), /^HTTP\/1.1 408 [^]* within 0\.03 s \(deadline below /);
});

test('malformed requests are 400, too many headers 431', async (t) => {
  const served = await serve(t, echo);
  assert.match(await talk(served, 'not http at all\r\n\r\n'), /^HTTP\/1.1 400 /);
  assert.match(await talk(served, 'GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n'), /^HTTP\/1.1 400 /);
  const both = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.match(await talk(served, both), /^HTTP\/1.1 400 /);
  const many = Array.from({ length: 10_000 }, (_, index) => `x-${index}: 1\r\n`).join('');
  assert.match(await talk(served, `GET / HTTP/1.1\r\nHost: h\r\n${many}\r\n`), /^HTTP\/1.1 431 /);
  assert.equal((await ask(served)).status, 200);
});

for (const how of ['destroys its connection', 'closes its half of the connection'] as const) {
  test(`a client that ${how} cancels the call`, async (t) => {
    let cancelled: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (cancelled = resolve));
    let arrived: (() => void) | undefined;
    const called = new Promise<void>((resolve) => (arrived = resolve));
    const served = await serve(t, (_asked, signal) => {
      arrived?.();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled?.();
          reject(signal.reason);
        });
      });
    });
    const socket = connect(served.port, '127.0.0.1');
    socket.write('GET /gone HTTP/1.1\r\nHost: h\r\n\r\n');
    await called;
    if (how.startsWith('destroys')) socket.destroy();
    else socket.end();
    await gone;
    while (served.active > 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.match(served.log.join(''), /GET \/gone 499 /);
  });
}

test('closing finishes what is under way, refuses new connections, and gives up the rest', async (t) => {
  const release: (() => void)[] = [];
  const served = await serve(t, async ({ url }, signal) => {
    await new Promise<void>((resolve, reject) => {
      release.push(resolve);
      if (url.endsWith('/never')) signal.addEventListener('abort', () => reject(signal.reason));
    });
    return ok('done');
  });
  const finished = ask(served, { path: '/soon' });
  const abandoned = ask(served, { path: '/never' });
  while (release.length < 2) await new Promise(setImmediate);
  const closed = served.close(100);
  release[0]!();
  const answer = await finished;
  assert.deepEqual([answer.body, answer.headers.connection], ['done', 'close']);
  await assert.rejects(ask(served), /ECONNREFUSED/);
  assert.equal((await abandoned).status, 503);
  await closed;
});

test('an address that is taken is a clear error', async (t) => {
  const served = await serve(t, echo);
  await assert.rejects(serve(t, echo, { address: { host: '127.0.0.1', port: served.port } }), {
    name: 'StartError',
    message: new RegExp(`cannot listen on 127.0.0.1:${served.port}: another program does already`),
  });
});

test('the log has the path without its query', async (t) => {
  const served = await serve(t, async () => ok());
  await ask(served, { path: '/p?token=hunter2' });
  await new Promise(setImmediate);
  assert.match(served.log.join(''), /GET \/p 200 \d+\.\dms /);
  assert.ok(!served.log.join('').includes('hunter2'));
});
