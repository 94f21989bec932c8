import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBackends } from '../../../packages/slight/src/capabilities/core/open.ts';
import { runPortability } from '../../../scripts/portability.ts';
import { redisMissing } from '../../../test/servers/redis.ts';

test(
  'one binary passes the scenario on every backend, and is told apart by one line',
  { skip: redisMissing },
  async () => {
    const rows = await runPortability(() => undefined);
    const schemes = (await listBackends('keyvalue')).map(({ scheme }) => scheme);
    assert.deepEqual(
      rows.map(({ backend }) => backend),
      schemes,
    );
    for (const { backend, scenario, restart } of rows) {
      assert.equal(scenario, 'passed', backend);
      assert.equal(restart, backend === 'memory' ? 'keeps nothing, and says so' : 'all there', backend);
    }
    assert.match(rows[0]!.sha256, /^[0-9a-f]{64}$/);
    assert.equal(new Set(rows.map(({ sha256 }) => sha256)).size, 1);
    assert.equal(new Set(rows.map(({ line }) => line)).size, rows.length);
  },
);
