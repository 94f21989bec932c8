import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchWear } from './address-space.ts';

/** What is said within a few looks. */
async function listen(worn: string | undefined): Promise<string[]> {
  const said: string[] = [];
  const end = watchWear(
    32,
    (reason) => void said.push(reason),
    5,
    () => ({ worn }),
  );
  await sleep(100);
  end();
  return said;
}

test('a worker that is worn says so, once', async () => {
  assert.deepEqual(await listen('it is old'), ['it is old']);
});

test('one that is not says nothing', async () => {
  assert.deepEqual(await listen(undefined), []);
});
