import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBackends } from '../../../packages/slight/src/capabilities/core/open.ts';
import { runPortability } from '../../../scripts/portability.ts';

// All of them together take minutes on a machine that is busy.
const timeout = 900_000;

test('one binary passes the scenario on every backend, told apart by one line', { timeout }, async () => {
  const rows = await runPortability(() => undefined, { apps: ['orders'] });
  const schemes = (await listBackends('keyvalue')).map(({ scheme }) => [scheme]);
  assert.deepEqual(
    rows.map(({ backends }) => backends),
    schemes,
  );
  const run = rows.filter(({ scenario }) => !/^not run: .* is not installed/.test(scenario));
  for (const { backends, scenario, restart } of run) {
    assert.equal(scenario, 'passed', backends[0]);
    assert.equal(restart, backends[0] === 'memory' ? 'keeps nothing, and says so' : 'all there', backends[0]);
  }
  assert.match(run[0]!.sha256, /^[0-9a-f]{64}$/);
  assert.equal(new Set(run.map(({ sha256 }) => sha256)).size, 1);
  assert.equal(new Set(run.map(({ lines }) => lines.join())).size, run.length);
});
