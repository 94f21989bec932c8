import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BuildFailure, formatBuildError } from './error.ts';

test('an error prints its place, frame and fix', () => {
  const error = { message: 'no', file: '/app/src/a.ts', line: 2, column: 3, frame: '> 2 | x', fix: 'yes' };
  assert.equal(formatBuildError(error, '/app'), 'src/a.ts:2:3: no\n> 2 | x\n→ yes');
  assert.equal(formatBuildError(error, '/ap'), '/app/src/a.ts:2:3: no\n> 2 | x\n→ yes');
  assert.equal(formatBuildError({ message: 'no' }), 'no');
});

test('a failure has all of its errors in its message', () => {
  assert.equal(new BuildFailure([{ message: 'a' }, { message: 'b', fix: 'c' }]).message, 'a\n\nb\n→ c');
});
