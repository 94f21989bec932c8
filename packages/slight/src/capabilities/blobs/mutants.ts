/**
 * Backends of blobs that are broken on purpose, each in one way that real ones were found to be. They prove that the
 * conformance suite sees what it claims to see: every one of its checks fails on at least one of them.
 */
import type { Backend } from '../core/backend.ts';
import type { Blobs, BlobsFeature } from './contract.ts';
import { conditionDefects } from './mutants/conditions.ts';
import { containerDefects } from './mutants/containers.ts';
import { get, type Defect, type Defects, type Notes } from './mutants/defect.ts';
import { fenceDefects } from './mutants/fence.ts';
import { objectDefects } from './mutants/objects.ts';
import { streamDefects } from './mutants/streams.ts';
import { portableBlobs } from './portable.ts';

export interface Mutant {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
  readonly features: ReadonlySet<BlobsFeature>;
  open(name: string): Blobs;
}

/**
 * The backend with the defect in it. It forgets nothing when a place is closed and gives URLs that hold the bytes
 * themselves, so that without a defect it passes for durable, and for one that presigns.
 * @param healthy one that answers at once, and keeps its data in this process
 */
export function makeMutant(healthy: Backend<Blobs, BlobsFeature>, name: string, defect: Defect): Mutant {
  const everything: BlobsFeature[] = [...healthy.features, 'presign', 'durable', 'durable-server'];
  const features = new Set(everything.filter((feature) => !defect.lacks?.includes(feature)));
  const notesByName = new Map<string, Notes>();
  return {
    name,
    breaks: defect.breaks,
    features,
    open(given) {
      const notes: Notes = notesByName.get(given) ?? new Map();
      notesByName.set(given, notes);
      const context = {
        name: defect.rename?.(given) ?? given,
        url: new URL('memory:'),
        bind: 'memory',
        config: { capacity: 1e9 },
        dataDir: `mutant ${name}`,
        timeout: 5_000,
      };
      const memory = healthy.open(context) as Blobs;
      const raw: Blobs = {
        ...memory,
        presign: (container, object, { method }) =>
          `data:;method=${method};base64,${Buffer.from(get(memory, container, object) ?? []).toString('base64')}`,
        close: () => undefined,
      };
      const portable = portableBlobs(
        { ...raw, ...defect.backend?.(raw, notes) },
        { where: name, features, timeout: 5_000, backendsWith: () => [] },
      );
      return { ...portable, ...defect.guest?.(portable) };
    },
  };
}

/** All mutants of a backend. */
export function makeMutants(healthy: Backend<Blobs, BlobsFeature>): Mutant[] {
  const defects: Defects = {
    ...containerDefects,
    ...objectDefects,
    ...streamDefects,
    ...conditionDefects,
    ...fenceDefects,
  };
  return Object.entries(defects).map(([name, defect]) => makeMutant(healthy, name, defect));
}
