import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryMutants } from './run.ts';
import { loadSubjects } from './subjects.ts';
import { tryMutant } from './try-mutant.ts';

const subjects = await loadSubjects();

for (const { name, bytes } of subjects) {
  test(`${name}, unbroken, becomes an instance`, async () => {
    assert.ok(['ran', 'trapped'].includes(await tryMutant(bytes)));
  });
}

test('of broken components nothing comes but an error that is documented, or an instance', async (t) => {
  const seed = Date.now() % 2 ** 31;
  const { tried, findings, fates } = await tryMutants(subjects, seed, 100_000, 5_000);
  t.diagnostic(`${tried} mutants from seed ${seed}: ${JSON.stringify(fates)}`);
  assert.deepEqual(
    findings,
    [],
    'have one again with: node packages/component/test/fuzz/main.ts --count 1 --seed SEED',
  );
  assert.ok(tried > 0);
});
