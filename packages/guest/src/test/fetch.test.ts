import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { CapabilityError, json, router, stream, text } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

const app = router();
app.get('/weather/:city', async (req) => {
  const answer = await fetch(`https://api.example.com/now/${req.params.city}`, { headers: { 'x-key': 'k' } });
  return json({ status: answer.status, said: await answer.json() });
});
app.post('/up', async (req) => {
  async function* pieces() {
    yield await req.bytes();
    yield new TextEncoder().encode('!');
  }
  const answer = await fetch('https://api.example.com/up', { method: 'POST', body: pieces() });
  return stream(answer.body ?? []);
});
app.get('/failing', async () => {
  try {
    await fetch('https://api.example.com/');
    return text('nothing');
  } catch (error) {
    return json([(error as CapabilityError).code, (error as Error).message]);
  }
});

test('a test answers what the app asks of other servers', async () => {
  const asked: string[] = [];
  const { request } = testApp(app, {
    fetch: async (given) => {
      asked.push(`${given.method} ${given.url} ${given.headers.get('x-key')}`);
      if (given.method === 'POST') return new Response((await given.text()).toUpperCase());
      return Response.json({ degrees: 7 }, { status: 203 });
    },
  });
  assert.deepEqual((await request('/weather/Bonn')).json(), { status: 203, said: { degrees: 7 } });
  assert.equal((await request('/up', { body: 'hello' })).text, 'HELLO!');
  assert.deepEqual(asked, ['GET https://api.example.com/now/Bonn k', 'POST https://api.example.com/up null']);
});

test('without an answer it is denied; a test may have it fail; each app has its own', async () => {
  const bare = testApp(app);
  const failing = testApp(app, {
    fetch: () => {
      throw new CapabilityError({ code: 'timeout', message: 'late', retryable: true, outcome: 'unknown' });
    },
  });
  const [denied, late] = await Promise.all([bare.request('/failing'), failing.request('/failing')]);
  const [code, message] = denied.json();
  assert.equal(code, 'permission-denied');
  assert.match(
    message,
    /https:\/\/api\.example\.com was not granted; testApp\(app, \{ fetch \}\) answers it/,
  );
  assert.deepEqual(late.json(), ['timeout', 'late']);
});

test('what asks outside of an app still does', async () => {
  testApp(app);
  const server = createServer((_request, response) => void response.end('really'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const { port } = server.address() as AddressInfo;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'really');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
