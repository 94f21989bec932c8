import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { openStore, router, status } from '@spiderlightning/guest';
import type { CapabilityError } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';
import { trimFrames } from '../src/platform/frames.ts';

const own = basename(import.meta.filename);
const app = router()
  .get('/throws', async () => {
    await openStore('notes').increment('');
    return status(204);
  })
  .get('/prints', async () => {
    const error: unknown = await openStore('notes')
      .get('')
      .catch((thrown: unknown) => thrown);
    console.error(error);
    console.error('it failed:', (error as Error).stack);
    return status(204);
  });

const firstFrame = (text: string) => /^ +at .*$/m.exec(text)?.[0] ?? '';

test("an author's line is the first of a stack, printed, unhandled and in a test", async () => {
  const { request, logs, store } = testApp(app);
  assert.equal((await request('/throws')).status, 500);
  await request('/prints');
  assert.equal(logs.length, 3);
  for (const { message } of logs) assert.ok(firstFrame(message).includes(own), message);
  assert.match(logs[1]!.message, /^CapabilityError: .* \{ code: 'invalid-argument', retryable: false/);
  const refused = await store('notes')
    .get('')
    .catch((error: unknown) => error);
  const { stack = '' } = refused as CapabilityError;
  assert.ok(firstFrame(stack).includes(own), stack);
  assert.ok(stack.startsWith('CapabilityError: '), stack);
});

test('where a stack has no line of the author it stays whole', () => {
  testApp(app);
  const sdk = '    at toAnswer (file:///app/node_modules/sdk.js:1:1)';
  const here = new URL('../src/reply.ts', import.meta.url).href;
  const frames = `    at toAnswer (${here}:26:53)\n    at run (node:internal/process:1:1)`;
  assert.equal(trimFrames(frames), frames);
  assert.equal(trimFrames(`${frames}\n${sdk}`), sdk);
});
