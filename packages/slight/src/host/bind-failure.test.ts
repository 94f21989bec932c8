import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { describeBindFailure } from './bind-failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-complaint-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'slightfile.toml');
writeFileSync(path, '[keyvalue]\norders = "redis://me:hunter2@cache"\n');
const bind = { name: 'orders', bind: 'redis://cache', config: {}, position: { line: 2, column: 10 } };
const frame = '  2 | orders = "redis://***@cache"\n    |          ^';
const where = relative(process.cwd(), path);

const shown = (file: string): string => (where.startsWith('..') ? path : file);

test('whatever keeps a bind from being opened is told with its line and something to do', () => {
  const codes = ['invalid-argument', 'unsupported', 'permission-denied', 'not-found', 'internal'] as const;
  for (const code of [...codes, 'unavailable', 'timeout', 'unauthenticated'] as const) {
    const said = describeBindFailure({ path }, bind, new CapabilityError(code, 'no'));
    assert.ok(said.startsWith(`${shown(where)}:2:10: no\n${frame}\n  fix: `), said);
  }
  const local = { ...bind, bind: 'sqlite' };
  const away = new CapabilityError('unavailable', 'no');
  assert.match(describeBindFailure({ path }, bind, away), /fix: start that server/);
  assert.match(describeBindFailure({ path }, local, away), /fix: see that it is there/);
  const own = new CapabilityError('invalid-argument', 'no', { fix: 'do as I say' });
  assert.ok(describeBindFailure({ path }, bind, own).endsWith('^\n  fix: do as I say'));
  const written = new CapabilityError('invalid-argument', 'no\n  fix: as it is written', { fix: 'not this' });
  assert.ok(describeBindFailure({ path }, bind, written).endsWith('^\n  fix: as it is written'));
  assert.throws(() => describeBindFailure({ path }, bind, new TypeError('a defect')), TypeError);
});
