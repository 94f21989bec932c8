import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { BackendRow } from '../host/backends.ts';
import { capabilities } from '../capabilities/core/registry.ts';

const bin = join(import.meta.dirname, '../../bin/slight.js');

function list(...args: string[]) {
  return spawnSync(process.execPath, [bin, 'backends', ...args], { cwd: tmpdir(), encoding: 'utf8' });
}

test('as JSON it is one array, with every backend once, and all that is known of each', () => {
  const { status, stdout, stderr } = list('--json');
  assert.deepEqual([status, stderr], [0, '']);
  const rows = JSON.parse(stdout) as BackendRow[];
  const expected = Object.entries(capabilities).flatMap(([name, { backends }]) =>
    backends.map(({ schemes }) => `${name}.${schemes[0]}`),
  );
  assert.deepEqual(
    rows.map(({ resource }) => resource),
    expected.toSorted(),
  );
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), ['resource', 'scheme', 'capability', 'features', 'config']);
    assert.equal(row.resource, `${row.capability}.${row.scheme}`);
    assert.deepEqual(row.features, row.features.toSorted());
    for (const [key, { type, doc }] of Object.entries(row.config))
      assert.ok(type.length > 0 && doc.length > 10, `${row.resource} ${key}`);
  }
  const files = rows.find(({ resource }) => resource === 'blobs.filesystem')!;
  assert.ok(files.features.includes('durable'));
  assert.equal(files.config['path']?.type, 'string');
});

test('for people it is a table on stdout', () => {
  const { status, stdout, stderr } = list();
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^CAPABILITY +BACKEND +SETTINGS +FEATURES\n/);
  assert.match(stdout, /^blobs +memory +capacity +fence, if-version, only-if-absent, ordered$/m);
  assert.match(stdout, /^keyvalue +redis +/m);
});
