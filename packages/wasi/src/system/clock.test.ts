import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMonotonic, Timers } from './clock.ts';
import { pollAny, waitReady } from './pollable.ts';

const ms = (value: number) => BigInt(value) * 1_000_000n;

test('a moment that has passed is ready at once, and runs no timer', () => {
  const timers = new Timers();
  assert.deepEqual(pollAny([timers.at(0n)]), [0]);
  assert.equal(waitReady(timers.at(readMonotonic())), undefined);
  assert.equal(timers.running, 0);
});

test('a poll wakes with the first that is ready, and stops the others', async () => {
  const timers = new Timers();
  const start = readMonotonic();
  const late = timers.at(start + ms(60_000));
  const soon = timers.at(start + ms(5));
  assert.equal(timers.running, 0, 'a timer runs only while somebody waits');
  const waiting = pollAny([late, soon, soon]);
  assert.equal(timers.running, 2);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  assert.deepEqual(await waiting, [1, 2]);
  clearInterval(turning);
  assert.ok(readMonotonic() >= start + ms(5));
  assert.ok(turns > 0, 'the event loop went on');
  assert.equal(timers.running, 0);
});

test('a wait longer than setTimeout takes does not end early', async () => {
  const timers = new Timers();
  const waiting = pollAny([timers.at(2n ** 64n - 1n), timers.at(readMonotonic() + ms(10))]);
  assert.deepEqual(await waiting, [1]);
});

test('dropping one, or clearing all, leaves no timer behind', () => {
  const timers = new Timers();
  const one = timers.at(readMonotonic() + ms(60_000));
  void pollAny([one]);
  void pollAny([timers.at(readMonotonic() + ms(60_000))]);
  assert.equal(timers.running, 2);
  one.drop?.();
  assert.equal(timers.running, 1);
  timers.clear();
  assert.equal(timers.running, 0);
});

test('an empty poll is refused', () => {
  assert.throws(() => pollAny([]), RangeError);
});

test('a moment that comes while it is asked for does no harm', async () => {
  for (const first of [false, true]) {
    let asked = 0;
    const wakes: (() => void)[] = [];
    const pollable = {
      ready: () => asked++ > 0 || first,
      listen(wake: () => void) {
        wakes.push(wake);
        return () => undefined;
      },
    };
    const waiting = waitReady(pollable);
    assert.equal(waiting === undefined, first);
    for (const wake of wakes) wake();
    await waiting;
  }
});
