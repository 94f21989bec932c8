import type { InstantiateOptions } from '../api.ts';
import { fitsSnapshot, Restorer, takeSnapshot } from '../core/snapshot.ts';
import type { Runner } from '../runtime/runner.ts';
import type { Plan } from './plan.ts';

/**
 * @param noted marks tell of all writes to memories
 * @returns what puts memories and globals of a new instance back, or why nothing can
 */
export function findRestorer(
  plan: Pick<Plan, 'modules' | 'snapshots'>,
  { limits, store }: Runner,
  options: InstantiateOptions,
  noted: boolean,
): Restorer | string {
  if (options.restorable !== true) return 'it was not asked for';
  for (const { lasting } of plan.modules) if (lasting !== undefined) return `a core module has ${lasting}`;
  // Whatever it was told may be another thing the next time, and whatever it opened is one instance's alone.
  if (store.calledHost) return 'its initialisation called the host';
  let snapshot = plan.snapshots.get(limits.memory);
  if (snapshot === undefined) {
    snapshot = takeSnapshot(limits);
    if (snapshot === undefined) return 'its memories are too large';
    plan.snapshots.set(limits.memory, snapshot);
  }
  if (!fitsSnapshot(snapshot, limits))
    return 'its initialisation ended otherwise than that of another instance';
  return new Restorer(snapshot, limits, noted);
}
