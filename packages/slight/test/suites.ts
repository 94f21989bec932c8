import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Check } from '../src/capabilities/core/check.ts';

/**
 * Runs a conformance suite as tests.
 * @param concurrency checks at once, where most of them wait
 */
export function testConformance(title: string, checks: readonly Check[], concurrency = 1): void {
  void suite(title, { concurrency }, () => {
    for (const { name, run } of checks) void test(name, run);
  });
}

/**
 * Shows that a conformance suite sees what it claims to see: what is healthy passes, every mutant fails the checks that
 * it is there to fail, and every check fails on one of them.
 */
export function testMutants<Target, Mutant extends Target & { name: string; breaks: readonly string[] }>(
  checksOf: (target: Target) => readonly Check[],
  healthy: Target,
  mutants: readonly Mutant[],
): void {
  // Many wait, and some only show by waiting in vain, so they wait together.
  void suite('without a defect, a mutant passes', { concurrency: 16 }, () => {
    for (const { name, run } of checksOf(healthy)) void test(name, run);
  });
  void suite('the suite kills', { concurrency: 16 }, () => {
    for (const mutant of mutants) {
      void test(mutant.name, async () => {
        const checks = checksOf(mutant);
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
    const all = mutants.flatMap((mutant) => checksOf(mutant).map(({ name }) => name));
    const killing = new Set(mutants.flatMap(({ breaks }) => breaks));
    assert.deepEqual(
      [...new Set(all)].filter((name) => !killing.has(name)),
      [],
    );
  });
}
