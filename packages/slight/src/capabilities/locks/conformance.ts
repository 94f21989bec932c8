/**
 * What all locks promise, as checks that any test runner can run: each is a name and a function that fails by throwing.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { selectChecks, type Check } from '../core/check.ts';
import type { CheckDefinition, CheckTools, LocksTarget } from './conformance/check.ts';
import { grantChecks } from './conformance/grant.ts';
import { nameChecks } from './conformance/names.ts';
import { timeChecks } from './conformance/time.ts';
import { waitChecks } from './conformance/wait.ts';
import type { Locks } from './contract.ts';

export type { LocksTarget } from './conformance/check.ts';

const checks: readonly CheckDefinition[] = [...grantChecks, ...nameChecks, ...timeChecks, ...waitChecks];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function locksConformance(target: LocksTarget): Check[] {
  return selectChecks(checks, [], target.features, (run) => runCheck(target, run));
}

async function runCheck(target: LocksTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const opened: Locks[] = [];
  const closeAll = async () => {
    await Promise.all(opened.splice(0).map(async (each) => each.close()));
  };
  const tools: CheckTools = {
    features: target.features,
    async open(suffix = 'main') {
      const locks = await target.open(`check-${id}-${suffix}`);
      opened.push(locks);
      return locks;
    },
    closeAll,
    restart: async () => target.restart?.(),
    past: (expires) => sleep(expires - Date.now() + (target.slack ?? 100)),
  };
  try {
    await run(tools);
  } finally {
    await closeAll();
  }
}
