import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweepOldest } from './sweep.ts';

void test('what is over is thrown out as others come, and what is not stays', () => {
  const entries = new Map<string, boolean>([['kept', false]]);
  let most = 0;
  for (let i = 0; i < 1_000; i++) {
    entries.set(`over ${i}`, true);
    sweepOldest(entries, (over) => over);
    most = Math.max(most, entries.size);
  }
  assert.ok(entries.has('kept'));
  assert.ok(most < 10, `${most} at a time`);
});
