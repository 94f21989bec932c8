import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLead } from './lead.ts';

function makeWorker(name: string, told: string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    lead: (since: number) => void told.push(`${name} since ${since}`),
    resigned: promise,
    resign: resolve,
  };
}

test('one leads, and the next one begins when it has resigned', async () => {
  let time = 100;
  const told: string[] = [];
  const lead = createLead(() => time);
  const [first, second, third] = ['first', 'second', 'third'].map((name) => makeWorker(name, told));
  lead.offer(first!);
  lead.offer(second!);
  lead.offer(third!);
  assert.deepEqual(told, ['first since 100']);
  lead.withdraw(second!);
  lead.withdraw(first!);
  assert.equal(told.length, 1, 'it may still be at something');
  time = 250;
  first!.resign();
  await new Promise(setImmediate);
  assert.deepEqual(told, ['first since 100', 'third since 250']);
  third!.resign();
  await new Promise(setImmediate);
  assert.equal(told.length, 2);
  time = 300;
  const fourth = makeWorker('fourth', told);
  lead.offer(fourth);
  assert.equal(told.at(-1), 'fourth since 250');
});
