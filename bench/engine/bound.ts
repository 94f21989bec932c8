import type { Timing } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';

/** A figure against the most that it may be: the ratio is how much room there is, below 1 none. */
export function boundBy(name: string, ours: Timing, most: number, unit: string): Comparison {
  return compare(name, ours, { median: most, quartiles: [most, most] }, 'at most', unit);
}

/** Figures of rounds that are already there. */
export function summarize(values: readonly number[]): Timing {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]!;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}
