import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { memory } from './backends/memory.ts';
import { keyValueConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

const healthy = makeMutant(memory, 'healthy', { breaks: [] });
const mutants = makeMutants(memory);

void test('without a defect, a mutant passes', async () => {
  for (const { name, run } of keyValueConformance(healthy)) await assert.doesNotReject(run(), name);
});

// Some only show by waiting in vain, so they wait together.
void suite('the suite kills', { concurrency: 16 }, () => {
  for (const mutant of mutants) {
    void test(mutant.name, async () => {
      const checks = keyValueConformance(mutant);
      await Promise.all(
        mutant.breaks.map(async (name) => {
          const check = checks.find((candidate) => candidate.name === name);
          assert.ok(check, `there is no check called: ${name}`);
          await assert.rejects(check.run(), `it survived: ${name}`);
        }),
      );
    });
  }
});

void test('every check kills a mutant', () => {
  const all = mutants.flatMap((mutant) => keyValueConformance(mutant).map(({ name }) => name));
  const killing = new Set(mutants.flatMap(({ breaks }) => breaks));
  assert.deepEqual(
    [...new Set(all)].filter((name) => !killing.has(name)),
    [],
  );
});
