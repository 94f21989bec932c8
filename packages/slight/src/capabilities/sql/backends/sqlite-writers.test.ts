import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWriters } from './sqlite-writers.ts';

const soon = () => performance.now() + 20;
const late = () => performance.now() + 60_000;

test('one writes at a time, in the order in which they came', async () => {
  const writers = createWriters();
  const order: number[] = [];
  let writing = 0;
  await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      const leave = await writers.take(late());
      assert.equal(++writing, 1);
      await new Promise((next) => setImmediate(next));
      order.push(number);
      writing--;
      leave();
    }),
  );
  assert.deepEqual(order, [1, 2, 3, 4]);
});

test('whoever waits in vain is aborted, and stands in nobody’s way', async () => {
  const writers = createWriters();
  const leave = await writers.take(late());
  await assert.rejects(writers.take(soon()), { code: 'aborted', retryable: true, outcome: 'none' });
  const next = writers.take(late());
  leave();
  (await next)();
  (await writers.take(soon()))();
});
