import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '@spiderlightning/guest/test';
import app from '../src/app.ts';

test('a note is written, read, listed and deleted', async () => {
  const { request, logs } = testApp(app);
  const written = await request('/notes', { json: { title: ' Hello ' } });
  assert.equal(written.status, 201);
  assert.deepEqual(written.json(), { id: '1', title: 'Hello' });
  assert.equal(logs[0]?.message, 'note 1 was written');
  assert.deepEqual((await request('/notes/1')).json(), { title: 'Hello' });
  assert.deepEqual((await request('/notes')).json(), { ids: ['1'] });
  assert.equal((await request('/notes/1', { method: 'DELETE' })).status, 204);
  assert.equal((await request('/notes/1')).status, 404);
});

test('a note needs a title', async () => {
  const { request, store } = testApp(app);
  const refused = await request('/notes', { json: { title: '' } });
  assert.deepEqual([refused.status, refused.text], [400, 'title: must be text\n']);
  assert.equal(await store('notes').exists('last-id'), false);
});

test('without its store the app says so', async () => {
  const { request, failStore } = testApp(app);
  failStore('notes', 'unavailable');
  assert.equal((await request('/notes')).status, 503);
});
