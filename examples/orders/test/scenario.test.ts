import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { serveApp } from '../../../packages/slight/test/slight.ts';
import { runScenario, verifyAfterRestart } from '../scenario.ts';
import { buildOrders, layOut } from './app.ts';

let component: Uint8Array;
before(async () => {
  component = await buildOrders();
});

test('the scenario passes on SQLite, and what it wrote is there after a restart', async () => {
  const folder = await layOut(component, 'sqlite');
  const first = await serveApp(folder);
  const witness = await runScenario(first.url);
  assert.equal((await first.stop()).code, 0);
  const second = await serveApp(folder);
  await verifyAfterRestart(second.url, witness);
  assert.equal((await second.stop()).code, 0);
});

test('what was acknowledged survives a host that dies', async () => {
  const folder = await layOut(component, 'sqlite');
  const first = await serveApp(folder);
  const witness = await runScenario(first.url);
  process.kill(await first.worker(), 'SIGKILL');
  await first.stop('SIGKILL');
  const second = await serveApp(folder);
  await verifyAfterRestart(second.url, witness);
  await second.stop();
});

test('the page, and answers that clients rely on', async () => {
  const app = await serveApp(await layOut(component, 'memory'));
  const page = await app.get('/');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(page.body, /<meta name="viewport"/);
  assert.match(page.body, /color-scheme: light dark/);
  const head = await app.get('/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(page.body)));

  const body = '{"customer":"Ada","items":[{"name":"Tea","quantity":1,"price":5}]}';
  const created = await app.get('/orders', { method: 'POST', body });
  const etag = created.headers.get('etag') ?? '';
  const same = await app.get('/orders/0000000001', { headers: { 'if-none-match': etag } });
  assert.deepEqual([same.status, same.body], [304, '']);
  const bad = await app.get('/orders', { method: 'POST', body: '{"customer":5,"items":[]}' });
  assert.equal(bad.status, 400);
  const { error, problems } = JSON.parse(bad.body) as { error: string; problems: string[] };
  assert.equal(problems.length, 2);
  assert.equal(error, problems[0]);
  const wrongTag = await app.get('/orders/0000000001', {
    method: 'PATCH',
    body: '{}',
    headers: { 'if-match': '*' },
  });
  assert.equal(wrongTag.status, 400);
  await app.stop();
});
