import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError, failAfterWrite, finishAll } from './error.ts';

const away = new CapabilityError('unavailable', 'away', { detail: 7 });
const unknown = new CapabilityError('timeout', 'late', { outcome: 'unknown' });
const refused = new CapabilityError('precondition-failed', 'not yours');

void test('after a write a backend that is away leaves the outcome unknown', () => {
  assert.throws(() => failAfterWrite(away), {
    code: 'unavailable',
    message: 'away',
    outcome: 'unknown',
    retryable: true,
    detail: 7,
  });
  assert.throws(() => failAfterWrite(refused), { code: 'precondition-failed', outcome: 'none' });
});

void test('of several writes one that failed says whether others may have happened', async () => {
  const done = Promise.resolve();
  await finishAll([done, done]);
  await finishAll([]);
  const late = new Promise((resolve) => setTimeout(resolve, 5));
  const none = { code: 'unavailable', outcome: 'none' };
  await assert.rejects(finishAll([Promise.reject(away), Promise.reject(away)]), none);
  await assert.rejects(finishAll([Promise.reject(away), late]), { ...none, outcome: 'unknown' });
  await assert.rejects(finishAll([Promise.reject(away), Promise.reject(unknown)]), { code: 'timeout' });
  await assert.rejects(finishAll([done, Promise.reject(refused)]), refused);
});
