/**
 * What every key-value backend promises, as checks that any test runner can run: each is a name and a function that
 * fails by throwing. Features that a backend declares are checked; those that it does not declare must be refused.
 *
 * ```ts
 * for (const { name, run } of keyValueConformance({ open, features })) test(name, run);
 * ```
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { MaybePromise } from '../core/backend.ts';
import { selectChecks, type Check } from '../core/check.ts';
import { atomicChecks } from './conformance/atomic.ts';
import { basicChecks } from './conformance/basic.ts';
import type { CheckDefinition, CheckTools } from './conformance/check.ts';
import { durableChecks } from './conformance/durable.ts';
import { expiryChecks } from './conformance/expiry.ts';
import { fenceChecks } from './conformance/fence.ts';
import { keyChecks } from './conformance/keys.ts';
import { listChecks } from './conformance/list.ts';
import { manyChecks } from './conformance/many.ts';
import { unsupportedChecks } from './conformance/unsupported.ts';
import { watchChecks } from './conformance/watch.ts';
import { versionChecks } from './conformance/version.ts';
import type { KeyValue, KeyValueFeature } from './contract.ts';
import { largestValue } from './validate.ts';

export interface ConformanceTarget {
  /**
   * Opens a store as a guest would see it, behind the portable layer (`openCapabilityOn` puts a backend there). Two
   * opens of one name are the same data. Names are made up by the suite, and are different in each run.
   */
  open(name: string): MaybePromise<KeyValue>;
  /** What the backend declares. */
  readonly features: ReadonlySet<KeyValueFeature>;
  /** With `durable-server`: ends the server without warning and starts it again. Called while no store is open. */
  restart?(): Promise<void>;
  /** Bytes of the largest value that the server takes, where that is less than 25 MiB. */
  readonly largestValue?: number;
}

const checks: readonly CheckDefinition[] = [
  ...basicChecks,
  ...keyChecks,
  ...listChecks,
  ...expiryChecks,
  ...atomicChecks,
  ...versionChecks,
  ...fenceChecks,
  ...manyChecks,
  ...watchChecks,
  ...durableChecks,
];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function keyValueConformance(target: ConformanceTarget): Check[] {
  return selectChecks(checks, unsupportedChecks, target.features, (run) => runCheck(target, run));
}

async function runCheck(target: ConformanceTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const opened: { readonly name: string; readonly store: KeyValue }[] = [];
  const tools: CheckTools = {
    features: target.features,
    largest: target.largestValue ?? largestValue,
    async open(suffix = 'main') {
      const name = `check-${id}-${suffix}`;
      const store = await target.open(name);
      opened.push({ name, store });
      return store;
    },
    async restart() {
      for (const { store } of opened.splice(0)) await store.close();
      await target.restart?.();
    },
  };
  try {
    await run(tools);
  } finally {
    for (const { store } of opened) await clean(target, store);
  }
}

/** Leaves nothing on a server that others use too. A check that failed has its error already. */
async function clean({ features }: ConformanceTarget, store: KeyValue): Promise<void> {
  try {
    for (let cursor: string | undefined, more = features.has('list'); more; more = cursor !== undefined) {
      const page = await store.keys(cursor === undefined ? {} : { cursor });
      for (const key of page.keys) await store.delete(key);
      cursor = page.cursor;
    }
    await store.close();
  } catch {
    // A mutilated store may not even clean up.
  }
}
