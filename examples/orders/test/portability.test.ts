import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PortabilityRow } from '../../../scripts/portability.ts';

const script = join(import.meta.dirname, '../../../scripts/portability.ts');

test('where no redis-server is installed its row says so, and the others are run', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--json'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: '' },
  });
  assert.equal(status, 0, stderr);
  const rows = JSON.parse(stdout) as PortabilityRow[];
  const redis = rows.find(({ backend }) => backend === 'redis')!;
  assert.match(redis.scenario, /^not run: redis-server is not installed/);
  assert.equal(redis.restart, redis.scenario);
  const others = rows.filter((row) => row !== redis);
  assert.ok(others.length >= 3);
  for (const { backend, scenario, sha256 } of others) {
    assert.equal(scenario, 'passed', backend);
    assert.equal(sha256, others[0]!.sha256);
  }
});
