import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, get, openSession, readBody, serve } from './server.ts';

/** Tells what arrived; `/to?STATUS&URL` leads elsewhere. */
const listen = async (): Promise<Awaited<ReturnType<typeof serve>>> =>
  await serve(async (request, response) => {
    const body = await readBody(request);
    const [status, to] = (request.url!.split('?')[1] ?? '').split('&');
    if (request.url!.startsWith('/to?'))
      return void response.writeHead(Number(status), { location: decodeURIComponent(to!) }).end('gone');
    const { host: _, connection: __, ...headers } = request.headers;
    response.end(JSON.stringify([request.method, body, headers]));
  });
const to = (origin: string, status: number, target: string) =>
  `${origin}/to?${status}&${encodeURIComponent(target)}`;

test('redirects are followed as the Fetch Standard says', async () => {
  const { origin } = await listen();
  const session = await openSession([origin]);
  const post = (status: number) =>
    get(to(origin, status, '/end'), {
      method: 'POST',
      body: Buffer.from('x'),
      headers: [['content-type', 'text/x']],
    });
  for (const status of [301, 302, 303]) {
    const answer = await ask(session, post(status));
    assert.deepEqual(
      [answer.url, answer.redirected, JSON.parse(answer.text)],
      [`${origin}/end`, true, ['GET', '', {}]],
    );
  }
  for (const status of [307, 308]) {
    const [method, body, headers] = JSON.parse((await ask(session, post(status))).text);
    assert.deepEqual([method, body, headers['content-type']], ['POST', 'x', 'text/x']);
  }
  const head = await ask(session, get(to(origin, 303, '/end'), { method: 'HEAD' }));
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('a redirect to a server that is not listed, or to a private address, is denied', async () => {
  const { origin } = await listen();
  const other = await listen();
  const session = await openSession([origin, 'http://rebind.example.com'], {
    resolve: async () => ['10.0.0.1'],
  });
  const response = (target: string) => async () => session.send(get(to(origin, 302, target))).response();
  await assert.rejects(response(other.origin), {
    code: 'permission-denied',
    message: `outgoing HTTP to ${other.origin} was not granted to this app. Add "${other.origin}" to the list hosts below [outgoing] in /app/slightfile.toml`,
  });
  await assert.rejects(response('http://169.254.169.254/latest/meta-data'), { code: 'permission-denied' });
  await assert.rejects(response('http://rebind.example.com/'), {
    code: 'permission-denied',
    message: /private address/,
  });
  await assert.rejects(response('file:///etc/passwd'), {
    code: 'invalid-argument',
    message: /file: is not spoken/,
  });
  await assert.rejects(
    response('http://user:hunter2@h/'),
    (error: Error) => !error.message.includes('hunter2'),
  );
  assert.equal(other.seen.length, 0);
});

test('credentials stay with the origin that they were for', async () => {
  const [first, second] = [await listen(), await listen()];
  const session = await openSession([first.origin, second.origin]);
  const headers: [string, string][] = [
    ['Authorization', 'Bearer x'],
    ['Cookie', 'a=b'],
    ['x-other', 'kept'],
  ];
  const same = await ask(session, get(to(first.origin, 302, '/end'), { headers }));
  assert.deepEqual(JSON.parse(same.text)[2], { authorization: 'Bearer x', cookie: 'a=b', 'x-other': 'kept' });
  const across = await ask(session, get(to(first.origin, 302, `${second.origin}/end`), { headers }));
  assert.deepEqual(JSON.parse(across.text)[2], { 'x-other': 'kept' });
  const back = to(first.origin, 302, to(second.origin, 302, `${first.origin}/end`));
  assert.deepEqual(JSON.parse((await ask(session, get(back, { headers }))).text)[2], { 'x-other': 'kept' });
});

test('ten redirects are followed, not eleven', async () => {
  const server = await serve((request, response) => {
    const left = Number(request.url!.slice(1));
    if (left === 0) response.end('end');
    else response.writeHead(302, { location: `/${left - 1}` }).end();
  });
  const session = await openSession([server.origin]);
  assert.equal((await ask(session, get(`${server.origin}/10`))).text, 'end');
  await assert.rejects(async () => session.send(get(`${server.origin}/11`)).response(), {
    code: 'precondition-failed',
    message: /more than 10 redirects/,
  });
});

test('an app may look at redirects itself, or want none', async () => {
  const { origin } = await listen();
  const session = await openSession([origin]);
  const url = to(origin, 302, '/end');
  const manual = await ask(session, get(url, { redirect: 'manual' }));
  assert.deepEqual(
    [manual.status, manual.headers.get('location'), manual.text, manual.redirected],
    [302, '/end', 'gone', false],
  );
  await assert.rejects(async () => session.send(get(url, { redirect: 'error' })).response(), {
    code: 'precondition-failed',
  });
  assert.equal((await ask(session, get(`${origin}/end`, { redirect: 'error' }))).status, 200);
});

test('a body that was streamed is not sent twice', async () => {
  const { origin } = await listen();
  const session = await openSession([origin]);
  const send = async (status: number) => {
    const exchange = session.send(get(to(origin, status, '/end'), { method: 'POST', body: 'stream' }));
    await exchange.write(Buffer.from('piece'));
    exchange.finish();
    return await exchange.response();
  };
  assert.equal((await send(303)).status, 200);
  await assert.rejects(send(307), { code: 'precondition-failed', message: /cannot be sent again/ });
});
