import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follows, succeed, type Claim, type Current } from './mqtt-claims.ts';

function claim(token: string, before: string, more: Partial<Claim> = {}): Claim {
  return { token, before, attempt: 1, lease: 1_000, due: 0, ...more };
}

/** What a member that hears these, one after the other, takes to count. */
function hear(claims: readonly Claim[], from?: Current): Current | undefined {
  return claims.reduce<Current | undefined>(
    (current, each) => (follows(each, current, false) ? succeed(each, current, false, false) : current),
    from,
  );
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
  // A competitor of it came later, and so did one of what followed it.
  assert.equal(hear([claim('c', '')], stray)?.token, 'b');
  const good = found(claim('b', 'a'));
  assert.equal(hear([claim('c', 'a')], good)?.token, 'b');
  assert.equal(hear([claim('c', 'b'), claim('d', 'b')], good)?.token, 'c');
  assert.equal(hear([claim('c', '')], good)?.token, 'b');
});

void test('who has heard all of a message, or was told, is sure of what counts', () => {
  const found = succeed(claim('b', 'a'), undefined, false, true);
  assert.equal(found.sure, false);
  assert.equal(hear([claim('c', 'b')], found)?.sure, false);
  assert.equal(hear([claim('c', 'x')], found)?.sure, false);
  assert.equal(hear([claim('b', 'a', again)], found)?.sure, true);
  assert.equal(hear([claim('c', 'b', again), claim('d', 'c')], found)?.sure, true);
  const whole = hear([claim('a', ''), claim('b', 'a')]);
  assert.equal(whole?.sure, true);
  // One that does not count is not more likely to then.
  assert.equal(hear([claim('c', 'x')], whole)?.token, 'b');
});

void test('only an extension makes a lease longer', () => {
  const current: Current = { ...claim('a', ''), heard: -1, past: [], authored: true, sure: true };
  const heard = (each: Claim, retained: boolean) => succeed(each, current, false, retained).heard;
  assert.equal(heard(claim('a', ''), true), -1);
  assert.equal(heard(claim('a', '', again), false), -1);
  assert.ok(heard(claim('a', 'a'), false) > -1);
  assert.equal(succeed(claim('a', 'a'), current, false, false).authored, true);
});
