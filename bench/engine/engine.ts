import type { Comparison } from '../report.ts';
import { benchEnds } from './ends.ts';
import { benchInstances } from './instances.ts';
import { benchLimits } from './limits.ts';
import { benchQuickjs, benchSmall } from './work.ts';

/** What the engine costs, against jco and against the most that it may be. */
export async function benchEngine(tell: (progress: string) => void): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const part of [benchSmall, benchQuickjs, benchInstances, benchEnds, benchLimits]) {
    comparisons.push(...(await part(tell)));
  }
  return comparisons;
}
