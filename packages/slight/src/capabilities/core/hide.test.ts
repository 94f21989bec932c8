import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CapabilityError } from './error.ts';
import { hider } from './hide.ts';
import { Secret } from './secret.ts';

void test('what was put into a bind is in no error of its backend, in whatever form of a URL', () => {
  const hide = hider(new Secret({ values: ['C4nary p%40/x', 'p', ''] }));
  for (const text of ['C4nary p%40/x', 'C4nary p@/x', 'c4nary p%40/x', encodeURIComponent('C4nary p%40/x')]) {
    const cause = new Error(`cause ${text}`);
    const error = new CapabilityError('unavailable', `no host ${text}!`, {
      outcome: 'unknown',
      detail: 'x',
      cause,
    });
    const shown = hide(error) as CapabilityError;
    assert.equal(shown.message, 'no host ***!');
    assert.deepEqual(
      [shown.code, shown.retryable, shown.outcome, shown.detail],
      ['unavailable', true, 'unknown', 'x'],
    );
    assert.doesNotMatch(inspect(shown), /4nary/);
    for (const thrown of [new Error(`at ${text}`, { cause }), `at ${text}`])
      assert.match(inspect(hide(thrown)), /^Error: at \*\*\*\n/);
  }
});

void test('a text that a message quotes is hidden, too', () => {
  const value = 'a"b\\c\n';
  const error = new CapabilityError('invalid-argument', `there is no format ${JSON.stringify(value)}`);
  assert.equal((hider(new Secret({ values: [value] }))(error) as Error).message, 'there is no format "***"');
});

void test('an error of a bind without secrets is left alone', () => {
  const error = new Error('as it is');
  assert.equal(hider(undefined)(error), error);
  assert.equal(hider(new Secret({ values: [''] }))(error), error);
});
