import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Component } from '@spiderlightning/component';
import { buildGuest, startGuest } from './host.ts';

/** Middleware, forms and cookies where they run: in QuickJS, in a component. */
const source = `
import { HttpError, json, readCookie, readCookies, readForm, requestValue, router, status, text, withCookie, withoutCookie } from '@spiderlightning/guest';
import type { Answer, Middleware } from '@spiderlightning/guest';

const app = router();
const user = requestValue<{ name: string }>('user');
const withHeader = (answer: Answer, name: string, value: string): Answer => ({ ...answer, headers: [...answer.headers, [name, value]] });
const mark = (name: string): Middleware => async (req, next) => withHeader(await next(), 'x-way', name);

app.use(async (req, next) => {
  const answer = await next();
  return withHeader(answer, 'x-seen', req.method + ' ' + answer.status + ' ' + JSON.stringify(req.params));
});
app.use('/admin', (req, next) => {
  const name = req.headers.get('x-user');
  if (name === undefined) return status(401);
  user.set(req, { name });
  return next();
});
app.use('/admin/*', mark('admin'));
app.get('/', () => text('home'));
app.get('/admin', async (req) => text('hello ' + user.get(req).name));
app.get('/administration', (req) => json(user.find(req) ?? 'nobody'));
app.get('/admin/orders/:id', [mark('one'), mark('two')], (req) => text(req.params.id));
app.get('/forgot', (req) => text(user.get(req).name));
app.get('/limited', (req, next) => { throw new HttpError(429, 'too many', { 'retry-after': '5' }); }, () => text('never'));
app.get('/twice', async (req, next) => { await next(); return next(); }, () => text('x'));
app.get('/lost', async (req, next) => { await next(); return undefined as any; }, () => text('x'));

app.post('/form', async (req) => {
  const form = await readForm(req, { parts: 5, fieldBytes: 20, fileBytes: 40 });
  return json([...form].map(([name, value]) => [name, typeof value === 'string' ? value : { name: value.name, type: value.type, bytes: [...value.bytes], text: value.text() }]).concat([['all', form.getAll('a')], ['has', form.has('nothing')] ] as any));
});
app.post('/upload', async (req) => {
  const form = await readForm(req);
  const file = form.file('file')!;
  return json([file.bytes.length, file.bytes[file.bytes.length - 1], form.get('after')]);
});

app.get('/cookies', (req) => json([readCookie(req, 'a') ?? null, ...readCookies(req)]));
app.get('/set', () => withCookie(withCookie(text('x'), '__Host-session', 'ü;1', { maxAge: 60 }), 'plain', 'v', { path: '/a', domain: 'example.com', httpOnly: false, secure: false, sameSite: 'strict' }));
app.get('/clear', () => withoutCookie(status(204), 'plain', { path: '/a' }));
app.get('/refused', () => {
  const message = (name: string, value: string, options = {}) => { try { withCookie(text(''), name, value, options); return 'written'; } catch (error: any) { return error.message; } };
  return json([message('a b', 'x'), message('a', 'x'.repeat(5000)), message('__Host-a', 'x', { path: '/p' }), message('a', 'x', { sameSite: 'none', secure: false }), message('a', 'x', { path: '/;Domain=evil' }), message('a', 'x', { maxAge: 1.5 })]);
});
export default app;
`;

/** A multipart body as browsers write one. */
function multipart(
  parts: readonly (readonly [head: string, content: string | Uint8Array])[],
  end = '--',
): Uint8Array {
  return Buffer.concat([
    ...parts.flatMap(([head, content]) => [
      Buffer.from(`--b0undary\r\n${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--b0undary${end}\r\n`),
  ]);
}
const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const multipartType: [string, string] = ['content-type', 'multipart/form-data; boundary=b0undary'];

describe('the router in a guest', () => {
  let component: Component;
  before(async () => {
    component = await buildGuest(source);
  });

  test('middleware stands around what it is for, in its order', async () => {
    const guest = await startGuest(component);
    const home = await guest.request('GET', '/');
    assert.deepEqual([home.text, home.headers.get('x-seen')], ['home', 'GET 200 {}']);
    const missing = await guest.request('GET', '/nowhere');
    assert.deepEqual([missing.status, missing.headers.get('x-seen')], [404, 'GET 404 {}']);
    assert.equal((await guest.request('GET', '/%ff')).headers.get('x-seen'), 'GET 400 {}');
    const refused = await guest.request('GET', '/admin');
    assert.deepEqual([refused.status, refused.headers.get('x-way')], [401, undefined]);
    const admin = await guest.request('GET', '/admin', '', [['x-user', 'Ada']]);
    assert.deepEqual([admin.text, admin.headers.get('x-way')], ['hello Ada', 'admin']);
    assert.equal((await guest.request('GET', '/administration')).text, '"nobody"');
    const order = await guest.request('GET', '/admin/orders/7', '', [['x-user', 'Ada']]);
    assert.deepEqual([order.text, order.headers.get('x-seen')], ['7', 'GET 200 {"id":"7"}']);
    assert.deepEqual(order.all('x-way'), ['two', 'one', 'admin']);
  });

  test('what middleware throws or forgets becomes an answer', async () => {
    const guest = await startGuest(component);
    const limited = await guest.request('GET', '/limited');
    assert.deepEqual(
      [limited.status, limited.text, limited.headers.get('retry-after'), limited.headers.get('x-seen')],
      [429, 'too many\n', '5', 'GET 429 {}'],
    );
    for (const [path, message] of [
      [
        '/forgot',
        /this request has no "user": the middleware that sets it does not stand before the handler/,
      ],
      ['/twice', /a middleware called next\(\) twice/],
      ['/lost', /a middleware on GET \/lost \(return what next\(\) gives\) gave undefined/],
    ] as const) {
      assert.equal((await guest.request('GET', path)).status, 500);
      assert.match(guest.log.at(-1)?.message ?? '', message);
    }
  });

  test('forms of both kinds', async () => {
    const guest = await startGuest(component);
    const plain = await guest.request('POST', '/form', 'a=1&a=%C3%BC+x&b', [
      ['content-type', 'application/x-www-form-urlencoded'],
    ]);
    assert.deepEqual(JSON.parse(plain.text), [
      ['a', '1'],
      ['a', 'ü x'],
      ['b', ''],
      ['all', ['1', 'ü x']],
      ['has', false],
    ]);
    const body = multipart([
      [field('a'), 'ü'],
      [
        `${field('file')}; filename="a%22b ü.txt"\r\nContent-Type: text/x`,
        new Uint8Array([0, 13, 10, 45, 45, 255]),
      ],
      [`${field('none')}; filename=""\r\nContent-Type: application/octet-stream`, ''],
      [field('empty'), ''],
    ]);
    const parts = await guest.request('POST', '/form', body, [multipartType]);
    assert.equal(parts.status, 200, parts.text);
    assert.deepEqual(JSON.parse(parts.text), [
      ['a', 'ü'],
      [
        'file',
        { name: 'a"b ü.txt', type: 'text/x', bytes: [0, 13, 10, 45, 45, 255], text: '\0\r\n--\ufffd' },
      ],
      ['empty', ''],
      ['all', ['ü']],
      ['has', false],
    ]);
  });

  test('a large file comes through whole', async () => {
    const guest = await startGuest(component);
    const content = new Uint8Array(2_000_000).map((_, index) => (index * 7) % 256);
    const body = multipart([
      [`${field('file')}; filename="f"`, content],
      [field('after'), 'yes'],
    ]);
    const answer = await guest.request('POST', '/upload', body, [multipartType]);
    assert.deepEqual(JSON.parse(answer.text), [2_000_000, content.at(-1), 'yes']);
  });

  test('forms that are broken or too large are refused', async () => {
    const guest = await startGuest(component);
    const urlencoded: [string, string] = ['content-type', 'application/x-www-form-urlencoded'];
    for (const [body, header, status, message] of [
      ['{}', ['content-type', 'application/json'], 415, /send a form .*, not application\/json/],
      ['a=1', ['x-none', ''], 415, /not a body without content-type/],
      ['a&b&c&d&e&f', urlencoded, 413, /at most 5 fields/],
      [`a=${'x'.repeat(21)}`, urlencoded, 413, /"a" has 21 bytes; at most 20/],
      [
        multipart([[`${field('f')}; filename="x"`, 'x'.repeat(41)]]),
        multipartType,
        413,
        /"f" has 41 bytes; at most 40/,
      ],
      ['', ['content-type', 'multipart/form-data'], 400, /names no boundary/],
      ['nothing', multipartType, 400, /boundary .* is nowhere/],
      [multipart([[field('a'), '1']], 'x'), multipartType, 400, /something after it/],
      [multipart([[field('a'), '1']]).subarray(0, 60), multipartType, 400, /ends before its last boundary/],
      [multipart([['Content-Disposition: form-data', '1']]), multipartType, 400, /a field has no name/],
      [multipart([['X-Other: 1', '1']]), multipartType, 400, /no field of a form/],
      [multipart([[`X-Long: ${'x'.repeat(9000)}`, '1']]), multipartType, 400, /no end of its headers/],
    ] as [string | Uint8Array, [string, string], number, RegExp][]) {
      const answer = await guest.request('POST', '/form', body, [header]);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, message);
    }
  });

  test('cookies', async () => {
    const guest = await startGuest(component);
    const read = await guest.request('GET', '/cookies', '', [
      ['cookie', 'a=1; b="quoted"; a=2;c=%C3%BC; broken=%zz; =none; flag'],
      ['cookie', 'd==x='],
    ]);
    assert.deepEqual(JSON.parse(read.text), [
      '1',
      ['a', '1'],
      ['b', 'quoted'],
      ['c', 'ü'],
      ['broken', '%zz'],
      ['d', '=x='],
    ]);
    assert.deepEqual((await guest.request('GET', '/set')).all('set-cookie'), [
      '__Host-session=%C3%BC%3B1; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax',
      'plain=v; Path=/a; Domain=example.com; SameSite=Strict',
    ]);
    assert.deepEqual((await guest.request('GET', '/clear')).all('set-cookie'), [
      'plain=; Max-Age=0; Path=/a; HttpOnly; Secure; SameSite=Lax',
    ]);
    const refused = JSON.parse((await guest.request('GET', '/refused')).text) as string[];
    for (const [index, message] of [
      /"a b" has a name that no cookie can have/,
      /has 5002 bytes; browsers keep 4096/,
      /must have the path \/ and no domain/,
      /must be secure/,
      /path with a character that ends it/,
      /maxAge of 1\.5: whole seconds/,
    ].entries())
      assert.match(refused[index] ?? '', message);
  });
});
