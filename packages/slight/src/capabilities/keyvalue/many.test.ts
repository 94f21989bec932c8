import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { inTurn, together } from './many.ts';

const items = ['a', 'b', 'c'];
const away = (outcome: 'none' | 'unknown' = 'none') =>
  new CapabilityError('unavailable', 'away', { outcome });

for (const [name, each] of Object.entries({ inTurn, together })) {
  void test(`${name}: what failed before anything happened has happened to nothing`, async () => {
    await assert.rejects(
      each(items, () => Promise.reject(away())),
      { outcome: 'none', message: 'away' },
    );
  });

  void test(`${name}: what failed in the middle may have happened, and says how far it went`, async () => {
    const work = (item: string) => (item === 'b' ? Promise.reject(away()) : Promise.resolve());
    await assert.rejects(each(items, work), {
      code: 'unavailable',
      retryable: true,
      outcome: 'unknown',
      message: /^away\. \d of 3 keys were written/,
    });
  });

  void test(`${name}: a defect stays what it is`, async () => {
    const defect = new TypeError('x');
    await assert.rejects(
      each(items, (item) => (item === 'c' ? Promise.reject(defect) : Promise.resolve())),
      defect,
    );
  });
}

void test('together: what may have happened is not called nothing', async () => {
  await assert.rejects(
    together(items, (item) => Promise.reject(away(item === 'c' ? 'unknown' : 'none'))),
    {
      outcome: 'unknown',
    },
  );
});

void test('inTurn: nothing goes on after a failure', async () => {
  const seen: string[] = [];
  await assert.rejects(
    inTurn(items, (item) => (seen.push(item), item === 'b' ? Promise.reject(away()) : Promise.resolve())),
  );
  assert.deepEqual(seen, ['a', 'b']);
});
