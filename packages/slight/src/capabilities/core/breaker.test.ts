import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeBreaker } from './breaker.ts';
import { CapabilityError } from './error.ts';

const away = new CapabilityError('unavailable', 'connection refused');
const late = new CapabilityError('timeout', 'no answer');
const missing = new CapabilityError('not-found', 'it is not there');
const gone = new CapabilityError('cancelled', 'it is closed');

/** A breaker after three failures, with a clock to move. */
function setUp(failures = 3) {
  const clock = { now: 1_000_000 };
  const said: [boolean, string][] = [];
  const breaker = makeBreaker({
    failures,
    now: () => clock.now,
    report: (open, reason) => said.push([open, reason]),
  });
  const fail = (times: number, error = away) => {
    for (let i = 0; i < times; i++) {
      clock.now += 250;
      breaker.leave(error, false);
    }
  };
  return { breaker, clock, said, fail };
}

void test('it opens after so many failures in a row, and says until when and what to do', () => {
  const { breaker, clock, said, fail } = setUp();
  fail(1);
  fail(1, late);
  assert.equal(breaker.open, false);
  assert.equal(breaker.enter(true), false);
  fail(1);
  assert.equal(breaker.open, true);
  assert.deepEqual(said, [[true, 'connection refused']]);
  assert.throws(() => breaker.enter(true), {
    code: 'unavailable',
    retryable: true,
    outcome: 'none',
    message:
      /last 3 operations found the backend away\. It is asked again in \d+ ms, at 1970-01-01T00:16:4[01]\.\d+Z\. See to the server.*`breaker` in \[resilience\].*connection refused$/,
  });
  clock.now += 10;
  assert.throws(() => breaker.enter(true), CapabilityError);
});

void test('many that fail in one moment open nothing: it may be a connection that is made again', () => {
  const { breaker, clock } = setUp();
  for (let i = 0; i < 100; i++) breaker.leave(away, false);
  assert.equal(breaker.open, false);
  clock.now += 499;
  breaker.leave(away, false);
  assert.equal(breaker.open, false);
  clock.now += 1;
  breaker.leave(away, false);
  assert.equal(breaker.open, true);
});

void test('an answer in between begins the count again, whatever it says', () => {
  const { breaker, fail } = setUp();
  for (const answer of [undefined, missing]) {
    fail(2);
    breaker.leave(answer, false);
    fail(2);
    assert.equal(breaker.open, false);
    breaker.leave(undefined, false);
  }
});

void test('what was given up says nothing', () => {
  const { breaker, fail } = setUp();
  fail(2);
  breaker.leave(gone, false);
  fail(1);
  assert.equal(breaker.open, true);
});

void test('after a while one is let through, and its answer closes it', () => {
  const { breaker, clock, said, fail } = setUp();
  fail(3);
  clock.now += 1_000;
  assert.throws(() => breaker.enter(false), CapabilityError, 'what may wait long is no probe');
  assert.equal(breaker.enter(true), true);
  assert.throws(() => breaker.enter(true), /One operation is asking it now/);
  breaker.leave(missing, true);
  assert.equal(breaker.open, false);
  assert.equal(breaker.enter(true), false);
  assert.deepEqual(
    said.map(([open]) => open),
    [true, false],
  );
  fail(2);
  assert.equal(breaker.open, false, 'the count began again');
});

void test('while the backend stays away the pauses grow, up to a bound', () => {
  const { breaker, clock, said, fail } = setUp();
  fail(3);
  const pauses: number[] = [];
  for (let round = 0; round < 8; round++) {
    const began = clock.now;
    for (;;) {
      try {
        if (breaker.enter(true)) break;
      } catch {
        clock.now += 10;
      }
    }
    pauses.push(clock.now - began);
    breaker.leave(away, true);
  }
  assert.ok(pauses[0]! >= 370 && pauses[0]! <= 640, `${pauses[0]}`);
  assert.ok(pauses[4]! > pauses[0]! * 4);
  assert.ok(Math.max(...pauses) <= 15_000 * 1.25 + 10);
  assert.equal(said.length, 1, 'it is told once');
});

void test('a probe that was given up makes room for another', () => {
  const { breaker, clock, fail } = setUp();
  fail(3);
  clock.now += 1_000;
  assert.equal(breaker.enter(true), true);
  breaker.leave(gone, true);
  assert.equal(breaker.enter(true), true);
});

void test('operations that began before it opened prolong nothing, but an answer to one closes it', () => {
  const { breaker, clock, fail } = setUp();
  fail(3);
  fail(50);
  clock.now += 1_000;
  assert.equal(breaker.enter(true), true);
  breaker.leave(undefined, false);
  assert.equal(breaker.open, false);
});

void test('without a number of failures it never opens', () => {
  const { breaker, fail } = setUp(0);
  fail(1_000);
  assert.equal(breaker.open, false);
});

void test('whatever happens, it is open only after failures in a row, and never for ever', () => {
  const outcome = fc.constantFrom(undefined, away, late, missing, gone);
  fc.assert(
    fc.property(fc.array(fc.record({ outcome, wait: fc.nat(3_000) })), (steps) => {
      const { breaker, clock } = setUp();
      let inRow = 0;
      let since = 0;
      let open = false;
      for (const { outcome: ended, wait } of steps) {
        clock.now += wait;
        let probe: boolean | undefined;
        try {
          probe = breaker.enter(true);
        } catch {
          assert.ok(open, 'it refused while it was closed');
          continue;
        }
        breaker.leave(ended, probe);
        if (ended === away || ended === late) {
          if (++inRow === 1) since = clock.now;
          open ||= inRow >= 3 && clock.now - since >= 500;
        } else if (ended !== gone) {
          inRow = 0;
          open = false;
        }
        assert.equal(breaker.open, open);
      }
      clock.now += 20_000;
      breaker.leave(undefined, breaker.enter(true));
      assert.equal(breaker.open, false);
    }),
  );
});
