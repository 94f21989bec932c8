import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { makeLine } from './line.ts';

/** Work that ends when it is told to. */
function makeWork() {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (id: number) => () =>
    new Promise<number>((resolve) => {
      begun.push(id);
      ends.push(() => resolve(id));
    });
  return { begun, ends, work };
}

const code = (expected: string) => (error: unknown) =>
  error instanceof CapabilityError && error.code === expected && error.outcome === 'none';

test('so many work at once, and the others follow in their order', async () => {
  const line = makeLine({ atOnce: 2, patience: 60_000 });
  const { begun, ends, work } = makeWork();
  const answers = [1, 2, 3, 4].map((id) => line(work(id)));
  assert.deepEqual(begun, [1, 2]);
  ends[1]!();
  assert.equal(await answers[1], 2);
  assert.deepEqual(begun, [1, 2, 3]);
  ends[0]!();
  ends[2]!();
  await Promise.all([answers[0], answers[2]]);
  assert.deepEqual(begun, [1, 2, 3, 4]);
  ends[3]!();
  await answers[3];
  const last = line(work(5));
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
  ends[4]!();
  await last;
});

test('one that fails makes room', async () => {
  const line = makeLine({ atOnce: 1, patience: 60_000 });
  const failing = line(() => Promise.reject(new Error('no')));
  const next = line(async () => 'done');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'done');
});

test('what is too much is refused, and what waits too long never begins', async () => {
  const line = makeLine({ atOnce: 1, patience: 20, mostWaiting: 2 });
  const { begun, ends, work } = makeWork();
  const first = line(work(1));
  const late = [2, 3].map((id) => line(work(id)));
  await assert.rejects(line(work(4)), code('resource-exhausted'));
  for (const each of late) await assert.rejects(each, code('timeout'));
  const fifth = line(work(5));
  ends[0]!();
  await first;
  ends[1]!();
  assert.equal(await fifth, 5);
  assert.deepEqual(begun, [1, 5]);
});
