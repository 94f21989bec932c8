import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '@spiderlightning/guest/test';
import * as app from '../src/app.ts';

test('a job is done', async () => {
  const { deliver, request } = testApp(app);
  assert.deepEqual(await deliver({ id: 'a', json: { numbers: [1, 2, 3] } }), { verdict: 'ack' });
  assert.deepEqual((await request('/jobs/a')).json(), { sum: '6' });
  assert.deepEqual((await request('/jobs/b')).json(), { sum: null });
});

test('what is no job goes to the dead letters', async () => {
  const { deliver } = testApp(app);
  assert.deepEqual(await deliver({ json: {} }), { verdict: 'dead', reason: 'a job has numbers' });
});

test('jobs are counted', async () => {
  const { deliver, tick, logs } = testApp(app);
  await deliver({ json: { numbers: [] } });
  await tick('report', new Date(0));
  assert.equal(logs.at(-1)?.message, '1 jobs are done at 1970-01-01T00:00:00.000Z');
});
