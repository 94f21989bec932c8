import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follows, reject, succeed, type Claim, type Current } from './mqtt-claims.ts';

function claim(token: string, before: string, more: Partial<Claim> = {}): Claim {
  return { token, before, attempt: 1, lease: 1_000, due: 0, ...more };
}

/** What a member that hears these, one after the other, takes to count. */
function hear(claims: readonly Claim[], from?: Current): Current | undefined {
  return claims.reduce<Current | undefined>((current, each) => {
    if (follows(each, current, false)) return succeed(each, current, false, false);
    return current && reject(each, current);
  }, from);
}

const again = { again: true } as const;

void test('of claims that follow the same one the first counts', () => {
  assert.equal(hear([claim('a', ''), claim('b', '')])?.token, 'a');
  assert.equal(hear([claim('a', ''), claim('b', ''), claim('c', 'a'), claim('d', 'b')])?.token, 'c');
});

void test('what is said again counts for who has taken another, and not after it was given back', () => {
  const lost = hear([claim('a', ''), claim('b', '')]);
  assert.equal(hear([claim('a', '', again)], lost)?.token, 'a');
  const newcomer = hear([claim('b', '')]);
  assert.equal(hear([claim('a', '', again)], newcomer)?.token, 'a');
  const back = [claim('a', ''), claim('n', 'a', { lease: 0 })];
  assert.equal(hear([...back, claim('a', '', again)])?.token, 'n');
  assert.equal(hear([...back, claim('c', 'n'), claim('a', '', again)])?.token, 'c');
});

void test('what lies at the server counts where nothing is known, and overrides nothing that is', () => {
  const stray = claim('b', 'x');
  assert.equal(follows(stray, undefined, true), true);
  assert.equal(follows(stray, undefined, false), false);
  assert.equal(follows(stray, hear([claim('a', '')]), true), false);
});

void test('what lay at the server gives way to what follows one that was never heard of', () => {
  const found = (each: Claim) => succeed(each, undefined, false, true);
  const stray = found(claim('b', ''));
  assert.equal(hear([claim('c', 'a')], stray)?.token, 'c');
  // Then it is one of those that were heard of.
  assert.equal(hear([claim('c', 'a'), claim('d', 'b')], stray)?.token, 'c');
  // A competitor of it came later, and so did one that follows that.
  assert.equal(hear([claim('c', '')], stray)?.token, 'b');
  assert.equal(hear([claim('c', ''), claim('d', 'c')], stray)?.token, 'b');
  const good = found(claim('b', 'a'));
  assert.equal(hear([claim('c', 'a')], good)?.token, 'b');
  assert.equal(hear([claim('c', 'b'), claim('d', 'b'), claim('e', 'a')], good)?.token, 'c');
  assert.equal(hear([claim('a', '', again)], good)?.token, 'b');
});

void test('who has heard all of a message is sure, whatever is said again, until something was missed', () => {
  const found = succeed(claim('b', 'a'), undefined, false, true);
  assert.equal(found.sure, false);
  assert.equal(hear([claim('c', 'b')], found)?.sure, false);
  assert.equal(hear([claim('b', 'a', again)], found)?.sure, false);
  const whole = succeed(claim('a', ''), undefined, false, false);
  const later = hear([claim('x', ''), claim('b', 'a'), claim('y', 'x')], whole)!;
  assert.deepEqual([later.token, later.sure], ['b', true]);
  for (const token of ['a', 'x', 'y']) assert.equal(hear([claim(token, '', again)], later)?.token, 'b');
  for (const missed of [claim('d', 'c'), claim('d', 'c', again)]) {
    const { token, sure } = hear([missed], later)!;
    assert.deepEqual([token, sure], ['d', false]);
  }
});

void test('only an extension makes a lease longer', () => {
  const current: Current = { ...claim('a', ''), heard: -1, past: [], strays: [], authored: true, sure: true };
  const heard = (each: Claim, retained: boolean) => succeed(each, current, false, retained).heard;
  assert.equal(heard(claim('a', ''), true), -1);
  assert.equal(heard(claim('a', '', again), false), -1);
  assert.ok(heard(claim('a', 'a'), false) > -1);
  assert.equal(succeed(claim('a', 'a'), current, false, false).authored, true);
});
