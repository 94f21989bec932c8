import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Component } from '@spiderlightning/component';
import { buildGuest, startGuest } from './host.ts';

/** The SDK where it runs: in QuickJS, in a component. */
const source = `
import { CapabilityError, HttpError, html, json, log, openConfigs, openStore, redirect, router, status, text } from '@spiderlightning/guest';

console.log('evaluated at', 'build');
const store = openStore('orders');
const app = router();

app.get('/', async () => html('<p>hello</p>'));
app.get('/hello/:name', async (req) => text('hello ' + req.params.name));
app.post('/echo', async (req) => json({ body: await req.json(), type: req.headers.get('Content-Type'), q: req.query.getAll('q') }));
app.get('/files/*', async (req) => text(req.params.rest));
app.delete('/hello/:name', async () => status(204));
app.get('/old', async () => redirect('/'));
app.get('/throws', async () => { throw new TypeError('a secret reason'); });
app.get('/teapot', async () => { throw new HttpError(418, 'short and stout', { 'x-pot': 'tea' }); });
app.get('/nothing', async () => undefined as any);
app.get('/random', async () => json([Math.random(), Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]));
app.get('/log', async () => {
  console.log('an order: %s', 'o1', { id: 7, items: [{ name: 'Tea' }] });
  console.warn(new RangeError('too far'));
  console.debug(1n, null, undefined, new Map([['a', new Set([1])]]));
  log('error', 'structured', { order: 'o1', total: 5 });
  return status(204);
});
app.get('/globals', async () => json({
  url: new URL('../b?x=1#y', 'https://user@example.com:8443/a/c/d').href,
  params: new URLSearchParams({ a: '1 2', b: 'ü' }).toString(),
  encoded: [...new TextEncoder().encode('€😀')],
  decoded: new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0xac, 0xff])),
  through: typeof globalThis.URL,
  now: Math.abs(Date.now() - Number(new Date())) < 1000 && Date.now() > 1.7e12,
}));
app.get('/store', async () => {
  await store.set('a', 'text');
  await store.setJson('b', { n: 1 }, { onlyIfAbsent: true });
  await store.set('bytes', new Uint8Array([0, 255]));
  const first = await store.compareAndSwap('c', undefined, '1');
  if (!first.swapped) throw new Error('not swapped');
  const second = await store.compareAndSwap('c', 'other', '2');
  const third = await store.compareAndSwap('c', first.version, '3');
  for (let n = 0; n < 25; n++) await store.set('page/' + n, 'x');
  const listed: string[] = [];
  for await (const key of store.keys({ prefix: 'page/', limit: 4 })) listed.push(key);
  const page = await store.keyPage({ prefix: 'page/', limit: 3 });
  await store.delete('a');
  return json({
    a: (await store.getText('a')) ?? null,
    b: await store.getJson('b'),
    bytes: [...(await store.get('bytes'))!],
    exists: [await store.exists('b'), await store.exists('a')],
    second: second.swapped ? 'swapped' : second.current?.text(),
    third: third.swapped,
    c: (await store.getVersioned('c'))?.text(),
    missing: (await store.getVersioned('none')) ?? null,
    listed: listed.length, distinct: new Set(listed).size,
    page: [page.keys.length, page.cursor ?? null],
    counters: [await store.increment('n'), await store.increment('n', 41), await store.increment('n', -2)],
  });
});
app.get('/configs', async () => {
  const configs = openConfigs('settings');
  const all = await configs.getAll();
  console.log('all', all);
  await configs.set('NEW', 'new');
  const watch = await configs.watch();
  const changed = await watch.next(1500.7);
  watch.close();
  return json({
    greeting: await configs.get('GREETING'),
    missing: (await configs.get('MISSING')) ?? null,
    wrong: await configs.get('KEY').catch((error) => error.message),
    key: [all.get('KEY'), (await configs.getSecret('KEY'))!.reveal(), (await configs.getSecret('GREETING'))!.reveal()],
    changed,
    set: await configs.get('NEW'),
  });
});
app.get('/counter', async () => {
  const big = await store.incrementBigInt('big', Number.MAX_SAFE_INTEGER);
  const more = await store.incrementBigInt('big', 10);
  const message = await store.increment('big').then(String, (error) => error.message);
  return json([String(big), String(more), message]);
});
app.get('/errors', async () => {
  const seen = [];
  for (const run of [() => openStore('denied').get('a'), () => store.setJson('b', 1, { onlyIfAbsent: true })])
    try { await run(); } catch (error) {
      if (!(error instanceof CapabilityError)) throw error;
      seen.push([error.name, error.code, error.message, error.retryable, error.outcome]);
    }
  return json(seen);
});
app.get('/unavailable', async () => json(await openStore('broken').get('a')));
app.get('/denied', async () => json(await openStore('denied').get('a')));
export default app;
`;

describe('the SDK in a guest', () => {
  let component: Component;
  before(async () => {
    component = await buildGuest(source);
  });

  test('routes, parameters and bodies', async () => {
    const guest = await startGuest(component);
    const page = await guest.request('GET', '/');
    assert.equal(page.text, '<p>hello</p>');
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal((await guest.request('GET', '/hello/J%C3%BCrgen%20K')).text, 'hello Jürgen K');
    const echo = await guest.request('POST', '/echo?q=1&q=%E2%82%AC+x', '{"ü":[1,null]}', [
      ['content-type', 'a/b'],
    ]);
    assert.deepEqual(JSON.parse(echo.text), { body: { ü: [1, null] }, type: 'a/b', q: ['1', '€ x'] });
    assert.equal((await guest.request('GET', '/files/a/b.txt')).text, 'a/b.txt');
    assert.equal((await guest.request('DELETE', '/hello/x')).status, 204);
    const old = await guest.request('GET', '/old');
    assert.deepEqual([old.status, old.headers.get('location')], [302, '/']);
  });

  test('HEAD comes from GET; other methods and paths are refused', async () => {
    const guest = await startGuest(component);
    const head = await guest.request('HEAD', '/');
    assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '12']);
    const wrong = await guest.request('PUT', '/hello/x');
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'DELETE, GET, HEAD']);
    assert.equal((await guest.request('GET', '/hello/')).status, 404);
    assert.equal((await guest.request('GET', '/hello/%ff')).status, 400);
    const bad = await guest.request('POST', '/echo', '{');
    assert.equal(bad.status, 400);
    assert.match(bad.text, /^the body is not JSON/);
    assert.equal((await guest.request('POST', '/echo', new Uint8Array([0xff]))).status, 400);
  });

  test('what a handler throws is a 500 whose reason only the log has', async () => {
    const guest = await startGuest(component);
    const answer = await guest.request('GET', '/throws');
    assert.deepEqual([answer.status, answer.text], [500, 'Internal Server Error\n']);
    const line = guest.log.find((item) => item.level === 'error');
    assert.match(line?.message ?? '', /GET \/throws failed: TypeError: a secret reason\n +at /);
    assert.deepEqual(line?.fields, [['request', 'request-1']]);
    const teapot = await guest.request('GET', '/teapot');
    assert.deepEqual(
      [teapot.status, teapot.text, teapot.headers.get('x-pot')],
      [418, 'short and stout\n', 'tea'],
    );
    assert.equal((await guest.request('GET', '/nothing')).status, 500);
    // Without lines of a stack: all of them would be the SDK's.
    assert.match(
      guest.log.at(-1)?.message ?? '',
      /gave undefined, which is no answer: return json.*Response$/,
    );
  });

  test('every instance draws other random numbers', async () => {
    const drawn = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      const guest = await startGuest(component);
      const [first, second, id, bytes] = JSON.parse((await guest.request('GET', '/random')).text);
      for (const number of [first, second]) {
        assert.ok(number >= 0 && number < 1);
        drawn.add(number);
      }
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      drawn.add(id);
      drawn.add(bytes.join());
    }
    assert.equal(drawn.size, 12);
  });

  test('console lines reach the log at their level, those of the build with the first request', async () => {
    const guest = await startGuest(component);
    await guest.request('GET', '/log');
    const [early, order, warning, debug, structured] = guest.log;
    assert.deepEqual([early?.context, early?.level, early?.message], ['build', 'info', 'evaluated at build']);
    assert.deepEqual(
      [order?.level, order?.message],
      ['info', "an order: o1 { id: 7, items: [{ name: 'Tea' }] }"],
    );
    assert.equal(warning?.level, 'warn');
    assert.match(warning?.message ?? '', /^RangeError: too far\n +at /);
    assert.deepEqual(
      [debug?.level, debug?.message],
      ['debug', "1n null undefined Map(1) { 'a' => Set(1) { 1 } }"],
    );
    assert.deepEqual(structured?.fields, [
      ['order', 'o1'],
      ['total', '5'],
    ]);
    await guest.request('GET', '/');
    assert.equal(guest.log.length, 5, 'they come once');
  });

  test('the globals of the Web that a guest has', async () => {
    const guest = await startGuest(component);
    assert.deepEqual(JSON.parse((await guest.request('GET', '/globals')).text), {
      url: 'https://user@example.com:8443/a/b?x=1#y',
      params: 'a=1+2&b=%C3%BC',
      encoded: [226, 130, 172, 240, 159, 152, 128],
      decoded: '€\ufffd',
      through: 'function',
      now: true,
    });
  });

  test('a store', async () => {
    const guest = await startGuest(component);
    const answer = await guest.request('GET', '/store');
    assert.equal(answer.status, 200, guest.log.at(-1)?.message ?? '');
    assert.deepEqual(JSON.parse(answer.text), {
      a: null,
      b: { n: 1 },
      bytes: [0, 255],
      exists: [true, false],
      second: '1',
      third: true,
      c: '3',
      missing: null,
      listed: 25,
      distinct: 25,
      page: [3, '3'],
      counters: [1, 42, 40],
    });
  });

  test('configs', async () => {
    const { request, log } = await startGuest(component);
    assert.deepEqual(JSON.parse((await request('GET', '/configs')).text), {
      greeting: 'grüße',
      missing: null,
      wrong: 'the value of "KEY" in the configs "settings" is a secret: use getSecret',
      key: ['***', 'c4nary', 'grüße'],
      changed: ['after 1500'],
      set: 'new',
    });
    assert.match(JSON.stringify(log), /GREETING/);
    assert.doesNotMatch(JSON.stringify(log), /c4nary/);
  });

  test('counters beyond 2^53 are exact or refused', async () => {
    const guest = await startGuest(component);
    const [first, second, message] = JSON.parse((await guest.request('GET', '/counter')).text);
    assert.deepEqual([first, second], ['9007199254740991', '9007199254741001']);
    assert.match(message, /9007199254741002, beyond/);
  });

  test('errors of capabilities', async () => {
    const guest = await startGuest(component, new Map<string, Uint8Array>([['b', new Uint8Array()]]));
    assert.deepEqual(JSON.parse((await guest.request('GET', '/errors')).text), [
      ['CapabilityError', 'permission-denied', 'the store "denied" was not granted', false, 'none'],
      ['CapabilityError', 'already-exists', 'b has a value', false, 'none'],
    ]);
    const unavailable = await guest.request('GET', '/unavailable');
    assert.deepEqual([unavailable.status, unavailable.headers.get('retry-after')], [503, '1']);
    assert.equal((await guest.request('GET', '/denied')).status, 500);
    assert.match(guest.log.at(-1)?.message ?? '', /CapabilityError: the store "denied" was not granted/);
  });
});

test('a guest may export the interface itself', async () => {
  const guest = await startGuest(
    await buildGuest(`
      import type { Request, Response } from 'spiderlightning:cloud/http-types@0.6.0';
      import keyvalue, { Store } from 'spiderlightning:cloud/keyvalue@0.6.0';
      export const httpHandler = {
        async handle(req: Request): Promise<Response> {
          const store = Store.open('x');
          if (req.body.tag === 'bytes') store.set('k', req.body.val, null);
          const methods = Object.getOwnPropertyNames(keyvalue.Store.prototype).filter((name) => name !== 'constructor');
          const body = { tag: 'bytes' as const, val: store.get('k')! };
          return { status: 201, headers: [['x-methods', methods.toSorted().join()]], body };
        },
      };`),
  );
  const answer = await guest.request('POST', '/', 'raw');
  assert.deepEqual([answer.status, answer.text], [201, 'raw']);
  assert.equal(
    answer.headers.get('x-methods'),
    'compareAndSwap,delete,deleteMany,exists,get,getMany,getVersioned,increment,keys,set,setMany,watch',
  );
});
