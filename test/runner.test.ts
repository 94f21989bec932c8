import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

/** Runs a test file of these lines by the project's runner. */
function runTests(lines: readonly string[], ...options: string[]): { code: number | null; out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'slight-runner-'));
  try {
    const file = join(folder, 'some.test.ts');
    writeFileSync(file, ["import test from 'node:test';", ...lines].join('\n'));
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const runner = join(import.meta.dirname, '../scripts/test.ts');
    const { status, stdout } = spawnSync(process.execPath, [runner, file, ...options], {
      encoding: 'utf8',
      env,
    });
    return { code: status, out: stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a run that passes ends with 0 and the counts; options reach the runner', () => {
  const lines = ["test('one', () => {});", "test('two', () => {});"];
  const all = runTests(lines);
  assert.equal(all.code, 0);
  assert.match(all.out, /ℹ tests 2\n[^]*ℹ pass 2\n/);
  assert.doesNotMatch(all.out, /skipped:/);
  assert.match(runTests(lines, '--test-name-pattern=two').out, /ℹ tests 1\n/);
});

test('a run with a failure ends with 1 and tells it last', () => {
  const { code, out } = runTests(["test('one', () => { throw new Error('broken'); });"]);
  assert.equal(code, 1);
  assert.match(out, /ℹ fail 1\n[^]*failing tests:[^]*broken/);
});

test('what is skipped is named with its reason, above the counts', () => {
  const { code, out } = runTests(["test('one', { skip: 'no server here' }, () => {});"]);
  assert.equal(code, 0);
  assert.match(out, /\nskipped:\n {2}one: no server here\n[^]*ℹ skipped 1\n/);
});

test('a run without any test is a failure', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../scripts/test.ts'), 'nowhere/*.test.ts'],
    { encoding: 'utf8' },
  );
  assert.equal(status, 1);
  assert.match(stderr, /no test file fits nowhere/);
});
