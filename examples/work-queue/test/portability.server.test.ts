import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBackends } from '../../../packages/slight/src/capabilities/core/open.ts';
import { runPortability } from '../../../scripts/portability.ts';

// All pairs together take minutes on a machine that is busy.
const timeout = 900_000;

test('one binary does its work on every pair of messaging and locks', { timeout }, async () => {
  const rows = await runPortability(() => undefined, { apps: ['work-queue'] });
  const [messaging, locks] = [await listBackends('messaging'), await listBackends('locks')];
  assert.equal(rows.length, messaging.length * locks.length);
  const run = rows.filter(({ scenario }) => !/^not run: (.* is not installed|the app needs)/.test(scenario));
  for (const { backends, scenario } of run) assert.equal(scenario, 'passed', backends.join(' × '));
  assert.equal(new Set(run.map(({ sha256 }) => sha256)).size, 1);
  assert.equal(new Set(run.map(({ lines }) => lines.join())).size, run.length);
});
