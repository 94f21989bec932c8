import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Component } from '@spiderlightning/component';
import { buildGuest, startGuest } from './host.ts';

/** What the Web has and QuickJS has not, where it runs. */
const source = `
import { fromFetch, json, openStore, router, text } from '@spiderlightning/guest';

const app = router();
const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const message = (run: () => unknown) => { try { run(); return 'nothing'; } catch (error: any) { return error.name + ': ' + error.message; } };

app.get('/order', async () => {
  const seen: unknown[] = [];
  // Far apart: a busy machine may take its time between these lines, and what is due first is first.
  setTimeout((word: string) => seen.push(word), 800, 'last');
  setTimeout(() => seen.push('second'), 400);
  setTimeout(() => seen.push('zero'));
  clearTimeout(setTimeout(() => seen.push('never'), 5));
  clearTimeout(undefined);
  clearTimeout(4711);
  queueMicrotask(() => seen.push('microtask'));
  seen.push('now');
  await wait(900);
  return json(seen);
});
app.get('/interval', async () => {
  let ticks = 0;
  await new Promise<void>((done) => {
    const id = setInterval(() => { if (++ticks === 3) { clearInterval(id); done(); } }, 2);
  });
  await wait(10);
  return json(ticks);
});
app.get('/slept', async () => {
  const start = performance.now();
  await wait(60);
  return json(performance.now() - start >= 59);
});
app.get('/left', async () => {
  setTimeout(() => console.error('a timer outlived its request'), 1);
  setInterval(() => console.error('an interval outlived its request'), 1);
  void (async () => { for (;;) { await wait(1); console.error('a loop outlived its request'); } })();
  return text('done');
});
app.get('/throws', async () => {
  setTimeout(() => { throw new RangeError('in a timer'); });
  setTimeout(async () => { throw new RangeError('in a promise'); });
  await wait(5);
  return text('went on');
});
app.get('/work', async () => {
  const store = openStore('orders');
  let late = false;
  const limit = setTimeout(() => { late = true; }, 30_000);
  for (let n = 0; n < 2000; n++) await store.set('k', String(n));
  const add = async (n: number) => n;
  let sum = 0;
  for (let n = 0; n < 3000; n++) sum += await add(n);
  clearTimeout(limit);
  return json([await store.getText('k'), sum, late]);
});
app.get('/wrong', async () => json([message(() => setTimeout('alert(1)' as any)), message(() => setInterval(null as any, 1))]));

app.get('/abort', async () => {
  const seen: unknown[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  signal.onabort = (event) => seen.push(['onabort', event.type, event.target === signal]);
  const gone = () => seen.push('gone');
  signal.addEventListener('abort', gone);
  signal.removeEventListener('abort', gone);
  signal.addEventListener('abort', () => { throw new Error('a listener fails'); });
  signal.addEventListener('abort', { handleEvent: () => seen.push('object') }, { once: true });
  const any = AbortSignal.any([new AbortController().signal, signal]);
  controller.abort();
  controller.abort('again');
  seen.push(signal.aborted, signal.reason.name, signal.reason.code, signal.reason instanceof DOMException, any.reason === signal.reason);
  seen.push(message(() => signal.throwIfAborted()), AbortSignal.abort('why').reason, AbortSignal.any([AbortSignal.abort(7)]).reason);
  seen.push(message(() => new (AbortSignal as any)()));
  const timeout = AbortSignal.timeout(10);
  const reason: any = await new Promise((done) => timeout.addEventListener('abort', () => done(timeout.reason)));
  seen.push(reason.name, reason.message);
  return json(seen);
});

app.get('/clone', async () => {
  class Point { constructor(public x: number) {} }
  const shared = new Uint8Array([1, 2, 3, 4]);
  const from: any = { list: [1, , 'x'], map: new Map([[{ k: 1 }, new Set([1n])]]), when: new Date(5), like: /a/gi, view: shared.subarray(1, 3), data: new DataView(shared.buffer, 2), error: new RangeError('far', { cause: { n: 1 } }), point: new Point(7), nothing: undefined, boxed: new Number(3) };
  from.self = from;
  const to = structuredClone(from);
  to.view[0] = 9;
  return json({
    list: [to.list.length, 1 in to.list, to.list[2]], map: [...to.map].map(([k, v]: any) => [k, [...v].map(String)]),
    when: Number(to.when), like: String(to.like), view: [...to.view], data: to.data.getUint8(0) === 3 && to.data.buffer === to.view.buffer,
    original: [...shared], error: [to.error instanceof RangeError, to.error.message, to.error.cause, to.error.stack === from.error.stack],
    point: [to.point.x, to.point instanceof Point], self: to.self === to && to !== from, nothing: 'nothing' in to, boxed: to.boxed + 1,
    text: structuredClone('plain'), refused: [message(() => structuredClone({ f() {} })), message(() => structuredClone([Symbol('s')])), message(() => structuredClone(Promise.resolve()))],
  });
});

app.get('/headers', async () => {
  const headers = new Headers([['B', '1'], ['a', 'x'], ['b', ' 2 ']]);
  headers.append('Set-Cookie', 'one=1');
  headers.append('set-cookie', 'two=2');
  headers.set('C', '3');
  headers.delete('a');
  return json({ b: headers.get('B'), none: headers.get('none'), has: headers.has('c'), cookies: headers.getSetCookie(), all: [...headers], copy: [...new Headers(headers).keys()], wrong: [message(() => headers.set('a b', 'x')), message(() => headers.set('a', 'x\\ny'))] });
});
app.get('/requests', async () => {
  const request = new Request('http://h/a', { method: 'post', body: new URLSearchParams({ a: 'ü' }) });
  const copy = request.clone();
  const first = await request.text();
  const answer = Response.json({ n: 1 }, { status: 201 });
  return json({
    method: request.method, type: request.headers.get('content-type'), first, used: request.bodyUsed, copy: await copy.text(),
    again: await request.text().catch((error) => error.name), get: message(() => new Request('http://h/', { body: 'x' })), relative: message(() => new Request('/a')),
    answer: [answer.status, answer.ok, answer.headers.get('content-type'), await answer.json()],
    empty: message(() => new Response('x', { status: 204 })), bytes: [...await new Response(new Uint8Array([1, 2]).subarray(1)).bytes()],
    redirect: Response.redirect('/there', 307).headers.get('location'),
  });
});
app.get('/response', async () => new Response('<b>bold</b>', { status: 202, headers: { 'content-type': 'text/html', 'x-by': 'response' } }));
app.all('/fetch/*', fromFetch(async (request) => new Response(request.method + ' ' + new URL(request.url).pathname + ' ' + (await request.text()) + ' ' + request.headers.get('x-in'))));
export default app;
`;

describe('what the Web has', () => {
  let component: Component;
  before(async () => {
    component = await buildGuest(source);
  });

  async function get(path: string) {
    const guest = await startGuest(component);
    const answer = await guest.request('GET', path);
    assert.equal(answer.status, 200, guest.log.at(-1)?.message ?? '');
    return { value: answer.text.startsWith('<') ? undefined : JSON.parse(answer.text), log: guest.log };
  }

  test('timers fire in their order, after what waits already', async () => {
    assert.deepEqual((await get('/order')).value, ['now', 'microtask', 'zero', 'second', 'last']);
    assert.equal((await get('/interval')).value, 3);
    assert.equal((await get('/slept')).value, true);
  });

  test('a timer that waits keeps nothing from going on, and is dropped with the answer', async () => {
    assert.deepEqual((await get('/work')).value, ['1999', 4498500, false]);
    const guest = await startGuest(component);
    assert.equal((await guest.request('GET', '/left')).text, 'done');
    await guest.request('GET', '/slept');
    assert.deepEqual(guest.log, []);
  });

  test('what a timer throws is in the log, and the handler goes on', async () => {
    const guest = await startGuest(component);
    assert.equal((await guest.request('GET', '/throws')).text, 'went on');
    assert.deepEqual(
      guest.log.map(({ level, message }) => [level, message.split('\n')[0]]),
      [
        ['error', 'uncaught in a timer: RangeError: in a timer'],
        ['error', 'uncaught in a timer: RangeError: in a promise'],
      ],
    );
    assert.deepEqual((await get('/wrong')).value, [
      'TypeError: setTimeout takes a function, not string',
      'TypeError: setInterval takes a function, not null',
    ]);
  });

  test('AbortController and AbortSignal', async () => {
    const { value, log } = await get('/abort');
    assert.deepEqual(value, [
      ['onabort', 'abort', true],
      'object',
      true,
      'AbortError',
      20,
      true,
      true,
      'AbortError: the operation was aborted',
      'why',
      7,
      'TypeError: an AbortSignal comes from an AbortController',
      'TimeoutError',
      'the time of 10 ms is over',
    ]);
    assert.match(log[0]?.message ?? '', /^uncaught in a listener of an AbortSignal: Error: a listener fails/);
  });

  test('structuredClone', async () => {
    assert.deepEqual((await get('/clone')).value, {
      list: [3, false, 'x'],
      map: [[{ k: 1 }, ['1']]],
      when: 5,
      like: '/a/gi',
      view: [9, 3],
      data: true,
      original: [1, 2, 3, 4],
      error: [true, 'far', { n: 1 }, true],
      point: [7, false],
      self: true,
      nothing: true,
      boxed: 4,
      text: 'plain',
      refused: [
        'DataCloneError: a function cannot be cloned',
        'DataCloneError: a symbol cannot be cloned',
        'DataCloneError: a Promise cannot be cloned',
      ],
    });
  });

  test('Headers, Request and Response', async () => {
    assert.deepEqual((await get('/headers')).value, {
      b: '1, 2',
      none: null,
      has: true,
      cookies: ['one=1', 'two=2'],
      all: [
        ['b', '1, 2'],
        ['c', '3'],
        ['set-cookie', 'one=1'],
        ['set-cookie', 'two=2'],
      ],
      copy: ['b', 'c', 'set-cookie', 'set-cookie'],
      wrong: [
        'TypeError: "a b" is no name of a header',
        'TypeError: the value of a header has no line breaks and no NUL',
      ],
    });
    assert.deepEqual((await get('/requests')).value, {
      method: 'POST',
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
      first: 'a=%C3%BC',
      used: true,
      copy: 'a=%C3%BC',
      again: 'TypeError',
      get: 'TypeError: a GET request has no body',
      relative: 'TypeError: "/a" is no absolute URL',
      answer: [201, true, 'application/json', { n: 1 }],
      empty: 'TypeError: a Response with status 204 has no body',
      bytes: [2],
      redirect: '/there',
    });
  });

  test('a handler may give a Response, and a function of the Web may be one', async () => {
    const guest = await startGuest(component);
    const answer = await guest.request('GET', '/response');
    assert.deepEqual(
      [answer.status, answer.text, answer.headers.get('content-type'), answer.headers.get('x-by')],
      [202, '<b>bold</b>', 'text/html', 'response'],
    );
    const made = await guest.request('PUT', '/fetch/a/b?c', 'body', [['x-in', 'yes']]);
    assert.equal(made.text, 'PUT /fetch/a/b body yes');
    assert.equal((await guest.request('GET', '/fetch/')).text, 'GET /fetch/  null');
  });
});
