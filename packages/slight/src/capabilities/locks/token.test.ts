import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTokens } from './token.ts';

void test('tokens grow, whatever the clock does and whatever was stored', (t) => {
  const now = 1_700_000_000_000;
  t.mock.timers.enable({ apis: ['Date'], now });
  const next = makeTokens();
  const time = BigInt(now) * 1_000n;
  assert.equal(next(), time);
  assert.equal(next(), time + 1n);
  assert.equal(next(time - 5n), time + 2n, 'what was stored is older');
  assert.equal(next(time + 9n), time + 10n, 'what was stored is newer');
  t.mock.timers.setTime(now - 1_000);
  assert.equal(next(), time + 11n);
  t.mock.timers.setTime(now + 1_000);
  assert.equal(next(), time + 1_000_000n);
  assert.equal(makeTokens()(2n ** 62n), 2n ** 62n + 1n, 'beyond what a number holds');
});
