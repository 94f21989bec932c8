import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLog } from '../host/log/log.ts';
import { startHttpTrigger } from './http.ts';
import type { HttpHandler, IncomingBody, OutgoingBody } from './http-message.ts';

const kibibyte = 1024;

async function serve(t: TestContext, handle: HttpHandler, bodyTimeout = 5_000) {
  const lines: string[] = [];
  const trigger = await startHttpTrigger({
    address: { host: '127.0.0.1', port: 0 },
    forwarded: false,
    body: 1024 * kibibyte,
    bodyTimeout,
    streamBodies: true,
    log: createLog({ write: (text) => void lines.push(text), terminal: false }),
    handle,
  });
  t.after(() => trigger.close(0));
  return { trigger, log: () => lines.join(''), port: Number(new URL(trigger.url).port) };
}

/** A body of these pieces, which counts what is asked of it. */
function piecesOf(pieces: Iterable<Uint8Array | Error>) {
  const seen = { asked: 0, closed: 0 };
  const rest = pieces[Symbol.iterator]();
  const body: OutgoingBody = {
    kind: 'stream',
    async next() {
      seen.asked++;
      // In a turn of its own, so that no two are sent as one.
      await new Promise(setImmediate);
      const { value, done } = rest.next();
      if (value instanceof Error) throw value;
      return done === true ? undefined : value;
    },
    close: () => void seen.closed++,
  };
  return { body, seen };
}

interface Heard {
  readonly text: string;
  /** Whether the connection ended as one that is over. */
  readonly whole: boolean;
}

function converse(port: number, said: string, more?: (socket: Socket) => void): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let whole = false;
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk as unknown as string));
    socket.on('error', () => undefined).on('end', () => (whole = true));
    socket.on('close', () => resolve({ text, whole }));
    socket.write(said);
    more?.(socket);
  });
}

const get = (method = 'GET', version = '1.1') =>
  `${method} / HTTP/${version}\r\nHost: h\r\nConnection: close\r\n\r\n`;
const bytes = (text: string) => Buffer.from(text);

test('a streamed answer is chunked, or as long as it says, or ends with its connection', async (t) => {
  let headers: [string, string][] = [];
  const { port } = await serve(t, async () => {
    return { status: 200, headers, body: piecesOf([bytes('one'), bytes('two')]).body };
  });
  assert.match((await converse(port, get())).text, /\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  const old = await converse(port, get('GET', '1.0'));
  assert.ok(old.whole);
  assert.match(old.text, /\r\n\r\nonetwo$/);
  headers = [['Content-Length', '6']];
  assert.match((await converse(port, get())).text, /content-length: 6\r\n[^]*\r\n\r\nonetwo$/i);
});

test('an answer that is longer or shorter than it says breaks off', async (t) => {
  let length = 0;
  const { port, log } = await serve(t, async () => {
    const headers: [string, string][] = [['content-length', String(length)]];
    return { status: 200, headers, body: piecesOf([bytes('one'), bytes('two')]).body };
  });
  length = 5;
  const longer = await converse(port, get());
  assert.match(longer.text, /\r\n\r\none$/);
  length = 7;
  const shorter = await converse(port, get());
  assert.match(shorter.text, /\r\n\r\nonetwo$/);
  assert.match(
    log(),
    /content-length 5, and its body has at least 6 bytes[^]*content-length 7, and its body has 6/,
  );
});

test('nothing is asked of a body that is not sent', async (t) => {
  let status = 200;
  const made: ReturnType<typeof piecesOf>['seen'][] = [];
  const { port } = await serve(t, async () => {
    const { body, seen } = piecesOf([bytes('never')]);
    made.push(seen);
    return { status, headers: [['content-length', '5']], body };
  });
  const head = await converse(port, get('HEAD'));
  assert.match(head.text, /content-length: 5\r\n[^]*\r\n\r\n$/i);
  for (status of [204, 304]) assert.match((await converse(port, get())).text, /\r\n\r\n$/);
  status = 700;
  assert.match((await converse(port, get())).text, /^HTTP\/1.1 502 /);
  assert.deepEqual(
    made,
    Array.from({ length: 4 }, () => ({ asked: 0, closed: 1 })),
  );
});

test('a client that takes nothing is given up, and what makes the body is let go', async (t) => {
  function* endless() {
    for (;;) yield Buffer.alloc(64 * kibibyte);
  }
  const { body, seen } = piecesOf(endless());
  const { port, trigger, log } = await serve(t, async () => ({ status: 200, headers: [], body }), 200);
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.pause().write(get());
  while (seen.closed === 0 || trigger.active > 0) await new Promise((next) => setTimeout(next, 20));
  assert.match(log(), /its answer broke off: the client took nothing of the body for too long/);
  assert.equal(seen.closed, 1);
  assert.ok(seen.asked < 2_000, `${seen.asked} pieces were made for nobody`);
  socket.destroy();
});

test('a client that leaves ends what makes the body, once', async (t) => {
  const seen = { aborted: 0, closed: 0 };
  const { port, trigger } = await serve(t, async (_request, signal) => ({
    status: 200,
    headers: [],
    body: {
      kind: 'stream',
      next: () =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            seen.aborted++;
            reject(signal.reason as Error);
          });
        }),
      close: () => void seen.closed++,
    },
  }));
  const socket = connect(port, '127.0.0.1');
  socket.write(get());
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  while (trigger.active > 0) await new Promise((next) => setTimeout(next, 10));
  assert.deepEqual(seen, { aborted: 1, closed: 1 });
});

test('a client that is still sending gets all of a streamed answer', async (t) => {
  const { port } = await serve(t, async () => {
    return { status: 200, headers: [], body: piecesOf([Buffer.alloc(300_000, 'x'), bytes('end')]).body };
  });
  for (let round = 0; round < 2; round++) {
    const { text } = await converse(
      port,
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n`,
      (socket) => void socket.write(Buffer.alloc(999_000)),
    );
    assert.match(text.slice(0, 1_000), /connection: close/i);
    assert.match(text.slice(-20), /\r\n3\r\nend\r\n0\r\n\r\n$/);
  }
});

test('a body is read in pieces of the wanted size, to its end or half', async (t) => {
  let pieces: number[] = [];
  const { port } = await serve(t, async ({ body, url }) => {
    pieces = [];
    const most = url.endsWith('/half') ? 500 * kibibyte : Infinity;
    for (let total = 0; total < most;) {
      const piece = await (body as IncomingBody).read(10_000);
      if (piece === undefined) break;
      total += piece.length;
      pieces.push(piece.length);
    }
    // Once it is over it stays so.
    if (most === Infinity) assert.equal(await (body as IncomingBody).read(1), undefined);
    return { status: 200, headers: [], body: bytes('read') };
  });
  const send = (path: string) =>
    converse(
      port,
      `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${1024 * kibibyte}\r\n\r\n`,
      (socket) => void socket.write(Buffer.alloc(1024 * kibibyte)),
    );
  for (const path of ['/whole', '/half']) {
    assert.match((await send(path)).text, /^HTTP\/1.1 200 [^]*read$/);
    const total = pieces.reduce((sum, each) => sum + each, 0);
    assert.ok(total >= (path === '/whole' ? 1024 : 500) * kibibyte);
    assert.ok(pieces.every((each) => each > 0 && each <= 10_000));
  }
});

test('a body that breaks off, stands still or is too large cannot be read on, and says why', async (t) => {
  const reasons: string[] = [];
  const { port, log } = await serve(
    t,
    async ({ body }) => {
      const read = async () => {
        for (;;) if ((await (body as IncomingBody).read(100_000)) === undefined) return;
      };
      for (let times = 0; times < 2; times++)
        await read().catch((error: { reason: string }) => void reasons.push(error.reason));
      return { status: 200, headers: [], body: bytes('') };
    },
    200,
  );
  const post = 'POST / HTTP/1.1\r\nHost: h\r\n';
  const broken = connect(port, '127.0.0.1');
  broken.write(`${post}Content-Length: 100000\r\n\r\nsome`);
  while (reasons.length === 0 && !broken.destroyed) {
    await new Promise((next) => setTimeout(next, 20));
    broken.destroy();
  }
  while (reasons.length < 2) await new Promise((next) => setTimeout(next, 10));
  assert.deepEqual(reasons.splice(0), ['broken-off', 'broken-off']);
  await converse(port, `${post}Content-Length: 100000\r\n\r\nsome`);
  assert.deepEqual(reasons.splice(0), ['too-slow', 'too-slow']);
  // Known from the head: nothing of it is asked for.
  const declared = await converse(port, `${post}Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n`);
  assert.doesNotMatch(declared.text, /100 Continue/);
  assert.deepEqual(reasons.splice(0), ['too-large', 'too-large']);
  const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`;
  await converse(port, `${post}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(11)}0\r\n\r\n`);
  assert.deepEqual(reasons, ['too-large', 'too-large']);
  assert.match(log(), /came for 0\.2 s \(deadline below \[limits\]\)/);
  assert.equal(log().match(/larger than 1048576 bytes \(body below \[limits\]\)/g)?.length, 2);
});

test('the head of a text is sent as the bytes that it is, also where the request is not read to its end', async (t) => {
  const { port } = await serve(t, async () => ({
    status: 200,
    headers: [['x-name', 'gr\u00fcn']],
    body: 'no',
  }));
  const { text } = await converse(port, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome');
  assert.match(text, /x-name: gr\u00fcn\r\n[^]*\r\n\r\nno$/, 'read as Latin-1');
});

test('nothing is taken from a client beyond what is read', async (t) => {
  let read: (() => void) | undefined;
  const { port } = await serve(t, async ({ body }) => {
    await new Promise<void>((resolve) => (read = resolve));
    let total = 0;
    for (;;) {
      const piece = await (body as IncomingBody).read(64 * kibibyte);
      if (piece === undefined) return { status: 200, headers: [], body: bytes(`${total} bytes`) };
      total += piece.length;
    }
  });
  const length = 1024 * kibibyte;
  let standing = -1;
  const answer = await converse(
    port,
    `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`,
    (socket) => {
      // Whoever waits for leave to send gets it when the app reads.
      socket.once('data', (chunk) => {
        standing = String(chunk).startsWith('HTTP/1.1 100') ? socket.bytesWritten : -1;
        socket.write(Buffer.alloc(length));
      });
      const timer = setInterval(() => {
        if (read === undefined) return;
        clearInterval(timer);
        read();
      }, 20);
    },
  );
  assert.ok(standing > 0 && standing < 200);
  assert.match(answer.text, new RegExp(`${length} bytes$`));
});

test('no way in which clients break off ends the process', async (t) => {
  const { port } = await serve(t, async () => {
    return { status: 200, headers: [], body: piecesOf([bytes('one'), bytes('two')]).body };
  });
  const said = [
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'no HTTP\r\n\r\n',
    get(),
    get().repeat(20),
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
  ];
  for (const each of said)
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => socket.write(each, resolve));
      for (let turn = 0; turn < round % 5; turn++) await new Promise(setImmediate);
      socket.resetAndDestroy();
    }
  assert.match((await converse(port, get())).text, /^HTTP\/1.1 200 /);
});
