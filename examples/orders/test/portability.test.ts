import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PortabilityRow } from '../../../scripts/portability.ts';

const script = join(import.meta.dirname, '../../../scripts/portability.ts');

test(
  'where no redis-server is installed its rows say so, and the others are run',
  { timeout: 300_000 },
  () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--json', 'redis', 'sqlite'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: '' },
    });
    assert.equal(status, 0, stderr);
    const rows = JSON.parse(stdout) as PortabilityRow[];
    assert.deepEqual(
      rows.map(({ app, backends, scenario }) => [
        app,
        backends.join(' × '),
        scenario.replace(/ is not.*/, ''),
      ]),
      [
        ['orders', 'sqlite', 'passed'],
        ['orders', 'redis', 'not run: redis-server'],
        ['work-queue', 'sqlite × sqlite', 'passed'],
        ['work-queue', 'sqlite × redis', 'not run: redis-server'],
        ['work-queue', 'redis × sqlite', 'not run: redis-server'],
        ['work-queue', 'redis × redis', 'not run: redis-server'],
      ],
    );
    assert.equal(rows[0]!.restart, 'all there');
  },
);
