import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** A test of an app that throws, and which status it does not expect. Its app is made at the top, before the runner begins. */
const source = (status: number) => `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { router, text } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';
const app = router();
app.get('/throws', () => { console.log('no error'); throw new TypeError('a reason'); });
app.get('/ok', () => text('ok'));
const { request } = testApp(app);
test('it is asked', async () => {
  for (let n = 0; n < 2; n++) assert.notEqual((await request('/throws')).status, n === 0 ? 1 : ${status});
});
test('another', async () => assert.equal((await testApp(app).request('/ok')).status, 200));
`;

test('of tests that fail the errors of the app are printed, once; of others they are not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-guest-'));
  try {
    mkdirSync(join(folder, 'node_modules/@spiderlightning'), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../..'), join(folder, 'node_modules/@spiderlightning/guest'));
    const [failed, passed] = [500, 200].map((status) => {
      const file = join(folder, `but-${status}.test.mts`);
      writeFileSync(file, source(status));
      const { NODE_TEST_CONTEXT: _own, ...env } = process.env;
      const args = ['--test', '--test-reporter=spec', file];
      const ran = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      return { status: ran.status, text: ran.stdout + ran.stderr };
    });
    assert.equal(passed?.status, 0, passed?.text);
    assert.doesNotMatch(passed?.text ?? '', /logged by|a reason/);
    assert.equal(failed?.status, 1, failed?.text);
    assert.match(
      failed?.text ?? '',
      /logged by apps under test:\n {2}GET \/throws failed: TypeError: a reason\n +at /,
    );
    assert.equal(failed?.text.split('a reason').length, 2, failed?.text);
    assert.doesNotMatch(failed?.text ?? '', /no error/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
