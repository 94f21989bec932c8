import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  HttpError,
  broadcast,
  json,
  log,
  Secret,
  openConfigs,
  openStore,
  readForm,
  router,
  sse,
  status,
  stream,
  text,
} from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

const orders = openStore('orders');
const app = router();
app.post('/orders', async (req) => {
  const id = await orders.increment('count');
  await orders.setJson(`order/${id}`, await req.json());
  console.log('order %d', id, { from: req.remote });
  return json({ id }, { status: 201, headers: { location: `/orders/${id}` } });
});
app.get('/orders', async () => json(await Array.fromAsync(orders.keys({ prefix: 'order/' }))));
app.put('/cache/:key', async (req) => {
  await orders.set(req.params.key, await req.text(), { ttlMs: 1_000 });
  return status(204);
});
app.get('/cache/:key', async (req) => text((await orders.getText(req.params.key)) ?? 'gone'));
app.post('/form', async (req) => {
  const form = await readForm(req);
  const file = form.file('file');
  return json({ name: form.get('name'), file: file && [file.name, file.type, file.text()] });
});
const settings = openConfigs('settings');
app.get('/settings', async () => {
  console.log('all', await settings.getAll());
  const key = await settings.getSecret('KEY');
  return json({ greeting: (await settings.get('GREETING')) ?? null, key, length: key?.reveal().length });
});
app.post('/settings/watch', async () => {
  const watch = await settings.watch();
  const before = await watch.next(5_000);
  await settings.set('GREETING', 'changed');
  const after = await watch.next(5_000);
  watch.close();
  return json([before, after]);
});
app.get('/settings/wrong', async () => text((await settings.get('KEY')) ?? ''));
app.get('/teapot', () => {
  throw new HttpError(418, 'short and stout');
});
app.get('/broken', async () => {
  log('warn', 'about to fail', { why: 'test' });
  throw new TypeError('nobody sees this');
});
app.get('/echo', async (req) =>
  json({ url: req.url, method: req.method, q: req.query.get('q') ?? null, host: req.headers.get('host') }),
);
app.get('/pieces', () =>
  stream(async function* () {
    yield 'one ';
    yield 'two';
  }),
);
app.get('/cut', () =>
  stream(async function* () {
    yield 'one ';
    throw new Error('cut off');
  }),
);
app.get('/events', () => sse({ channel: 'news' }));
app.post('/events', async (req) => {
  broadcast('news', { said: await req.text() });
  return status(204);
});

describe('testApp', () => {
  test('asks the app, and shows what it kept and wrote', async () => {
    const { request, store, logs } = testApp(app);
    const answer = await request('/orders', { json: { customer: 'Ada' }, remote: '10.0.0.7' });
    assert.deepEqual(
      [answer.status, answer.json(), answer.headers.get('Location')],
      [201, { id: 1 }, '/orders/1'],
    );
    assert.deepEqual(await store('orders').getJson('order/1'), { customer: 'Ada' });
    assert.deepEqual(
      logs.map(({ level, message }) => [level, message]),
      [['info', "order 1 { from: '10.0.0.7' }"]],
    );
    assert.deepEqual((await request('/orders')).json(), ['order/1']);
  });

  test('every app under test has stores of its own', async () => {
    const [first, second] = [testApp(app), testApp(app)];
    await Promise.all([first.request('/orders', { json: 1 }), second.request('/orders', { json: 2 })]);
    assert.equal(await first.store('orders').getText('order/1'), '1');
    assert.equal(await second.store('orders').getText('order/1'), '2');
    await first.store('orders').set('order/2', 'x');
    assert.deepEqual(await Array.fromAsync(first.store('orders').keys()), ['count', 'order/1', 'order/2']);
    assert.equal(await second.store('orders').exists('order/2'), false);
  });

  test('values expire when time is let pass', async () => {
    const { request, advance } = testApp(app);
    assert.equal((await request('/cache/a', { method: 'put', body: 'kept' })).status, 204);
    advance(999);
    assert.equal((await request('/cache/a')).text, 'kept');
    advance(1);
    assert.equal((await request('/cache/a')).text, 'gone');
  });

  test('errors become answers, and the reason is in the logs', async () => {
    const { request, logs } = testApp(app);
    assert.deepEqual([(await request('/teapot')).status, (await request('/nowhere')).status], [418, 404]);
    const broken = await request('/broken');
    assert.deepEqual([broken.status, broken.text], [500, 'Internal Server Error\n']);
    assert.deepEqual(logs[0], {
      level: 'warn',
      message: 'about to fail',
      context: '',
      fields: { why: 'test' },
    });
    assert.match(logs[1]?.message ?? '', /^GET \/broken failed: TypeError: nobody sees this\n +at /);
    assert.throws(() => broken.json(), /the answer \(500\) is no JSON: Internal/);
  });

  test('stores fail where a test wants it, or were not granted', async () => {
    const { request, failStore } = testApp(app);
    failStore('orders', 'unavailable');
    const down = await request('/orders');
    assert.deepEqual([down.status, down.headers.get('retry-after')], [503, '1']);
    failStore('orders');
    assert.equal((await request('/orders')).status, 200);
    const bare = testApp(app, { stores: ['others'] });
    assert.equal((await bare.request('/orders')).status, 500);
    assert.match(bare.logs[0]?.message ?? '', /the store "orders" was not granted/);
  });

  test('requests are made as they are asked for', async () => {
    const { request } = testApp(app);
    assert.deepEqual((await request('/echo?q=1#x')).json(), {
      url: 'http://localhost/echo?q=1',
      method: 'GET',
      q: '1',
      host: 'localhost',
    });
    assert.equal((await request('https://shop.example/echo')).json().host, 'shop.example');
    assert.equal((await request('/echo', { method: 'HEAD' })).text, '');
    await assert.rejects(request('/echo', { json: 1, body: '1' }), /one body, not json and body/);
  });

  test('forms, with files too', async () => {
    const { request } = testApp(app);
    assert.deepEqual((await request('/form', { form: { name: 'Ü & co' } })).json(), { name: 'Ü & co' });
    const form = new FormData();
    form.set('name', 'x');
    form.set('file', new File(['content\r\n'], 'a "b".txt', { type: 'text/x' }));
    assert.deepEqual((await request('/form', { form })).json(), {
      name: 'x',
      file: ['a "b".txt', 'text/x', 'content\r\n'],
    });
  });

  test('streams are read to their end; connections are told of', async () => {
    const { request, sent, logs } = testApp(app);
    const pieces = await request('/pieces');
    assert.deepEqual([pieces.text, pieces.whole], ['one two', true]);
    const cut = await request('/cut');
    assert.deepEqual([cut.text, cut.whole], ['one ', false]);
    assert.match(logs.at(-1)?.message ?? '', /the body of an answer failed: Error: cut off/);
    assert.deepEqual((await request('/events')).hold?.channels, ['news']);
    await request('/events', { body: 'hello' });
    assert.deepEqual(sent, [{ channel: 'news', data: '{"said":"hello"}', event: undefined, id: undefined }]);
  });

  test('a function is an app; what it throws and what is no answer is logged, and a 500', async () => {
    const answers = [
      text('hi'),
      router,
      5,
      { status: 200, headers: [], body: { tag: 'bytes', val: Buffer.of(1) } },
    ];
    const { request, logs } = testApp((wanted: { url: string }) => {
      const { pathname } = new URL(wanted.url);
      if (pathname === '/throws') throw new TypeError('a reason');
      const answer: unknown = answers[Number(pathname.slice(1))];
      return typeof answer === 'function' ? (answer as typeof router)() : answer;
    });
    const statuses: number[] = [];
    for (const path of ['/0', '/1', '/2', '/3', '/throws']) statuses.push((await request(path)).status);
    assert.deepEqual(statuses, [200, 500, 500, 200, 500]);
    const [noCall, number, thrown] = logs.map(({ message }) => message);
    assert.match(
      noCall ?? '',
      /^GET \/1 failed: .*gave a router \(call it first: export default router\(\)\)/,
    );
    assert.match(number ?? '', /the default export is a function, which gave a number, which is no answer/);
    assert.match(thrown ?? '', /^GET \/throws failed: TypeError: a reason\n/);
  });

  test('an answer that is not HTTP is 502, as from a host, and the log says why', async () => {
    const wrong = router();
    wrong.get('/value', () => text('x', { headers: { 'x-a': 'a\nset-cookie: b' } }));
    wrong.get('/name', () => text('x', { headers: { 'x a': 'b' } }));
    wrong.get('/latin', () => text('x', { headers: { 'x-a': '\tü' } }));
    const { request, logs } = testApp(wrong);
    const answer = await request('/value');
    assert.deepEqual([answer.status, answer.headers.has('x-a')], [502, false]);
    assert.equal((await request('/name')).status, 502);
    assert.equal((await request('/latin')).status, 200);
    const [value, name, ...more] = logs.map(({ message }) => message);
    assert.equal(
      value,
      'the app answered with a header x-a whose value has "\\n", which HTTP does not allow',
    );
    assert.equal(name, 'the app answered with a header named "x a"');
    assert.deepEqual(more, []);
  });

  test('an answer has at most as many headers as a host sends, and a status that HTTP knows', async () => {
    const most = Array.from({ length: 10_000 }, (_, index): [string, string] => [`x-${index}`, '']);
    const own = router()
      .get('/most', () => status(204, most))
      .get('/more', () => status(204, [...most, ['x-more', '']]))
      .get('/status', () => ({ ...status(204), status: 600 }));
    const { request, logs } = testApp(own);
    assert.equal((await request('/most')).status, 204);
    assert.equal((await request('/more')).status, 502);
    assert.match(logs.at(-1)!.message, /^the app answered with more than 10000 headers$/);
    assert.equal((await request('/status')).status, 502);
    assert.match(logs.at(-1)!.message, /^the app answered with status 600; a response has 200 to 599$/);
  });

  test('what is no app is refused; a capability outside of one is explained', async () => {
    assert.throws(() => testApp({}), /the app's export is an empty object/);
    await assert.rejects(orders.get('a'), /"orders" was used outside of an app under test/);
  });

  test('configs have the values that the test gives, and secrets show themselves nowhere', async () => {
    const given = { settings: { GREETING: 'hello', KEY: new Secret('c4nary') } };
    const { request, configs, logs } = testApp(app, { configs: given });
    const answer = await request('/settings');
    assert.deepEqual(answer.json(), { greeting: 'hello', key: '***', length: 6 });
    assert.match(JSON.stringify(logs), /GREETING/);
    assert.doesNotMatch(JSON.stringify(logs), /c4nary/);
    assert.deepEqual((await request('/settings/watch', { method: 'POST' })).json(), [[], ['GREETING']]);
    assert.equal(await configs('settings').get('GREETING'), 'changed');
    await configs('settings').set('KEY', 'other');
    assert.equal((await configs('settings').getSecret('KEY'))?.reveal(), 'other');
    assert.equal((await request('/settings/wrong')).status, 500);
    assert.match(JSON.stringify(logs), /is a secret: use getSecret/);
    await assert.rejects(configs('others').get('A'), { code: 'permission-denied' });
  });
});
