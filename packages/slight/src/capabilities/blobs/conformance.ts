/**
 * What every backend of blobs promises, as checks that any test runner can run: each is a name and a function that fails
 * by throwing. Features that a backend declares are checked; those that it does not declare must be refused.
 *
 * ```ts
 * for (const { name, run } of blobsConformance({ open, features })) test(name, run);
 * ```
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { MaybePromise } from '../core/backend.ts';
import { selectChecks, type Check } from '../core/check.ts';
import { box, type CheckDefinition, type CheckTools } from './conformance/check.ts';
import { conditionChecks } from './conformance/conditions.ts';
import { containerChecks } from './conformance/containers.ts';
import { copyChecks } from './conformance/copy.ts';
import { durableChecks } from './conformance/durable.ts';
import { fenceChecks } from './conformance/fence.ts';
import { listChecks } from './conformance/list.ts';
import { objectChecks } from './conformance/objects.ts';
import { presignChecks, unsupportedChecks } from './conformance/presign.ts';
import { streamChecks } from './conformance/streams.ts';
import type { Blobs, BlobsFeature } from './contract.ts';

export interface BlobsTarget {
  /**
   * Opens a place as a guest would see it, behind the portable layer (`openCapabilityOn` puts a backend there). Two
   * opens of one name are the same data. Names are made up by the suite, and are different in each run.
   */
  open(name: string): MaybePromise<Blobs>;
  /** What the backend declares. */
  readonly features: ReadonlySet<BlobsFeature>;
  /** With `durable-server`: ends the server without warning and starts it again. Called while nothing is open. */
  restart?(): Promise<void>;
}

const checks: readonly CheckDefinition[] = [
  ...containerChecks,
  ...objectChecks,
  ...streamChecks,
  ...listChecks,
  ...conditionChecks,
  ...copyChecks,
  ...fenceChecks,
  ...presignChecks,
  ...durableChecks,
];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function blobsConformance(target: BlobsTarget): Check[] {
  return selectChecks(checks, unsupportedChecks, target.features, (run) => runCheck(target, run));
}

async function runCheck(target: BlobsTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const known = new Set<string>();
  const opened: Blobs[] = [];
  const tools: CheckTools = {
    features: target.features,
    async open(suffix = 'main') {
      const name = `check-${id}-${suffix}`;
      const blobs = await target.open(name);
      opened.push(blobs);
      if (!known.has(name)) await blobs.createContainer(box);
      known.add(name);
      return blobs;
    },
    async restart() {
      for (const blobs of opened.splice(0)) await blobs.close();
      await target.restart?.();
    },
  };
  try {
    await run(tools);
  } finally {
    for (const blobs of opened) await clean(blobs);
  }
}

/** Leaves nothing on a server that others use too. A check that failed has its error already. */
async function clean(blobs: Blobs): Promise<void> {
  try {
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await blobs.listContainers(cursor === undefined ? {} : { cursor });
      for (const name of page.containers) await blobs.deleteContainer(name);
      cursor = page.cursor;
    }
    await blobs.close();
  } catch {
    // A mutilated backend may not even clean up.
  }
}
