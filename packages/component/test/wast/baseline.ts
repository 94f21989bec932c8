import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './run.ts';

/** What is expected of a script. */
export interface Expected {
  readonly directives: number;
  /** The directives that fail, as `line directive`. */
  readonly failing: readonly string[];
}

export type Baseline = Readonly<Record<string, Expected>>;

const file = join(import.meta.dirname, 'baseline.json');

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(file, 'utf8')) as Baseline;
}

export function writeBaseline(baseline: Baseline): void {
  const sorted = Object.entries(baseline).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
}

export function summarise(outcomes: readonly Outcome[]): Expected {
  const failing = outcomes.filter((outcome) => outcome.failure !== undefined);
  return { directives: outcomes.length, failing: failing.map(keyOf) };
}

/**
 * How a run differs from what was expected: a regression, or an improvement that has to be recorded. Empty where it does
 * not.
 */
export function compare(
  name: string,
  expected: Expected | undefined,
  outcomes: readonly Outcome[],
): string[] {
  if (expected === undefined) return [`${name}: the baseline does not know this script`];
  if (expected.directives !== outcomes.length)
    return [`${name}: ${outcomes.length} directives, where the baseline has ${expected.directives}`];
  const known = new Set(expected.failing);
  return outcomes.flatMap((outcome) => {
    const label = `${name}:${outcome.line}: ${outcome.directive}`;
    const failed = outcome.failure !== undefined;
    if (failed === known.has(keyOf(outcome))) return [];
    return [
      failed ? `${label} fails now: ${outcome.failure}` : `${label} passes now: record it with --update`,
    ];
  });
}

function keyOf({ line, directive }: Outcome): string {
  return `${line} ${directive}`;
}
