import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, json, router, sse, stream, websocket } from '@spiderlightning/guest';
import type { Piece } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

/** What a client gets of a body from this source. */
async function send(source: Parameters<typeof stream>[0]) {
  const app = router();
  app.get('/', async () => stream(source));
  const { request, logs } = testApp(app);
  const { text, whole } = await request('/');
  return { text, whole, logs: logs.map(({ message }) => message).join('\n') };
}

test('a body comes from whatever gives pieces', async () => {
  const bytes = Uint8Array.of(0x62);
  const sources: Parameters<typeof stream>[0][] = [
    ['a', bytes, ''],
    new Set(['a', 'b']),
    function* () {
      yield 'a';
      yield '';
      yield bytes;
    },
    async function* () {
      yield 'a';
      await Promise.resolve();
      yield 'b';
    },
    async (write) => {
      await write('a');
      await write(bytes);
    },
    (write) => {
      // Whoever does not wait is sent in order all the same.
      void write('a');
      void write('b');
    },
  ];
  for (const source of sources) {
    const { text, whole } = await send(source);
    assert.deepEqual([text, whole], ['ab', true], String(source));
  }
  assert.deepEqual((await send([])).text, '');
});

test('a function that writes goes on when the piece after it is wanted', async () => {
  const done: string[] = [];
  const app = router();
  app.get('/', async () =>
    stream(async (write) => {
      for (const piece of ['a', 'b']) {
        await write(piece);
        done.push(piece);
      }
    }),
  );
  const { request } = testApp(app);
  assert.equal((await request('/')).text, 'ab');
  assert.deepEqual(done, ['a', 'b']);
});

test('a source that fails, or gives what is no piece, breaks the body off and says why', async () => {
  const late = await send(async (write) => {
    await write('a');
    throw new Error('too late');
  });
  assert.deepEqual([late.text, late.whole], ['a', false]);
  assert.match(late.logs, /the body of an answer failed: Error: too late/);
  const number = await send(['a', 5 as unknown as Piece]);
  assert.deepEqual([number.text, number.whole], ['a', false]);
  assert.match(number.logs, /a piece of a body is text or a Uint8Array, not number/);
});

test('a body is read in pieces too where it came whole, and once', async () => {
  const app = router();
  app.post('/', async (req) => {
    let size = 0;
    for await (const piece of bodyOf(req)) size += piece.length;
    return json({ size });
  });
  const { request } = testApp(app);
  assert.deepEqual((await request('/', { body: 'hello' })).json(), { size: 5 });
  assert.deepEqual((await request('/', { method: 'POST' })).json(), { size: 0 });
});

test('a connection is given to the host with its channels, its context and what the app wants to hear', async () => {
  const app = router();
  app.get('/events', async () => sse({ channels: ['a', 'b'], retryMs: 500, headers: { 'x-app': '1' } }));
  app.get('/socket', async () => websocket({ channel: 'a', context: { name: 'Ada' }, protocol: 'chat' }));
  app.get('/odd', async () => sse({ context: () => 1 }));
  app.onMessage(() => undefined);
  const { request } = testApp(app);
  const events = await request('/events');
  assert.equal(events.headers.get('x-app'), '1');
  assert.deepEqual(events.hold, {
    kind: { tag: 'event-stream', val: 500 },
    channels: ['a', 'b'],
    context: new Uint8Array(),
    events: { open: false, message: true, close: false },
  });
  const socket = await request('/socket');
  assert.deepEqual(socket.hold?.kind, { tag: 'websocket', val: 'chat' });
  assert.equal(new TextDecoder().decode(socket.hold?.context), '{"name":"Ada"}');
  assert.equal((await request('/odd')).status, 500);
});
