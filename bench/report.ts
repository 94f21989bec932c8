import { alignColumns } from '../scripts/table.ts';
import type { Timing } from './measure.ts';

/** One measured thing against one baseline. Both figures are medians of one run. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly baseline: number;
  readonly unit: string;
  /** How many times better ours is than the baseline: above 1, ours is better. */
  readonly ratio: number;
  readonly against: string;
}

/** What a benchmark hands over: rows, and for people how far the rounds of a figure lay apart. */
export interface Comparison extends Row {
  readonly spread: { readonly ours: readonly [number, number]; readonly baseline: readonly [number, number] };
}

/** Units of which more is better; of all others less is. */
const gains: ReadonlySet<string> = new Set(['requests/s', 'instances/GiB']);

/** Compares medians. */
export function compare(
  name: string,
  ours: Timing,
  baseline: Timing,
  against: string,
  unit = 'ns',
): Comparison {
  const ratio = baseline.median / ours.median;
  return {
    name,
    ours: round(ours.median),
    baseline: round(baseline.median),
    unit,
    ratio: round(gains.has(unit) ? 1 / ratio : ratio),
    against,
    spread: { ours: ours.quartiles, baseline: baseline.quartiles },
  };
}

/** What a program reads. */
export function toJson(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ name, ours, baseline, unit, ratio, against }): Row => ({
    name,
    ours,
    baseline,
    unit,
    ratio,
    against,
  }));
  return JSON.stringify(rows, null, 2);
}

/** What a person reads: figures with the middle half of their rounds beside them. */
export function toTable(comparisons: readonly Comparison[]): string {
  const figure = (value: number, [low, high]: readonly [number, number], unit: string) =>
    `${value} ${unit} (${round(low)}–${round(high)})`;
  const lines = comparisons.map((row) => [
    row.name,
    figure(row.ours, row.spread.ours, row.unit),
    figure(row.baseline, row.spread.baseline, row.unit),
    row.against,
    `${row.ratio} ×`,
  ]);
  lines.unshift(['', 'ours', 'baseline', 'against', 'ratio']);
  return alignColumns(lines);
}

/** Three significant digits: more would pretend to a precision that no shared machine has. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
