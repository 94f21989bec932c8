import assert from 'node:assert/strict';
import { test } from 'node:test';
import { walk } from './walk.ts';

test('instances in a pool live, fail and come back without leaving anything behind', async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`a longer walk: npx node packages/slight/test/walk/main.ts 600 ${seed}`);
  const { steps, seen } = await walk(seed, 3_000);
  t.diagnostic(`${steps} steps, ${seen.size} outcomes`);
  assert.ok(steps > 0);
});
