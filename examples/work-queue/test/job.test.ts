import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMean, makeReport, readJob } from '../src/job.ts';
import type { Job } from '../src/job.ts';

test('a job is a list of numbers', () => {
  assert.deepEqual(readJob({ numbers: [1, 2], pauseMs: 5 }), {
    numbers: [1, 2],
    pauseMs: 5,
    state: 'waiting',
  });
  assert.deepEqual(readJob({ numbers: [] }), { numbers: [], pauseMs: 0, state: 'waiting' });
  for (const body of [null, 5, {}, { numbers: 5 }, { numbers: ['1'] }, { numbers: Array(10_001).fill(1) }])
    assert.match((readJob(body) as { problem: string }).problem, /"numbers"/);
  for (const pauseMs of [-1, 20_001, Number.NaN, '5'])
    assert.match((readJob({ numbers: [1], pauseMs }) as { problem: string }).problem, /"pauseMs"/);
});

test('the mean, and what has none', () => {
  assert.equal(findMean([1, 2, 6]), 3);
  assert.throws(() => findMean([]), RangeError);
});

test('a report counts', () => {
  const job: Job = { numbers: [1], pauseMs: 0, state: 'waiting' };
  assert.deepEqual(makeReport([job, { ...job, state: 'done' }, job], new Date(0)), {
    time: '1970-01-01T00:00:00.000Z',
    waiting: 2,
    done: 1,
  });
});
