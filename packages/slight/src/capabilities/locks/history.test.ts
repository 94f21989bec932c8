import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolations, type Holding } from './history.ts';

const holding = (token: bigint, from: number, until: number, name = 'a'): Holding => ({
  name,
  token,
  from,
  until,
});

void test('holdings one after the other, with growing tokens, are sound, in whatever order they are told', () => {
  const history = [holding(9n, 30, 40), holding(1n, 0, 10), holding(4n, 10, 20), holding(2n, 5, 50, 'b')];
  assert.deepEqual(findViolations(history), []);
});

void test('two at a time are told, also where a shorter one lies between', () => {
  assert.equal(findViolations([holding(1n, 0, 10), holding(2n, 9, 20)]).length, 1);
  assert.equal(findViolations([holding(1n, 0, 100), holding(2n, 10, 20), holding(3n, 50, 60)]).length, 2);
});

void test('tokens that do not grow are told', () => {
  assert.match(findViolations([holding(2n, 0, 1), holding(2n, 5, 6)]).join(), /token 2 .* after 2/);
  assert.match(findViolations([holding(3n, 0, 1), holding(2n, 5, 6)]).join(), /token 2 .* after 3/);
});
