/**
 * Key-value stores that are broken on purpose, each in one way that real ones were found to be. They prove that the
 * conformance suite sees what it claims to see: every one of its checks fails on at least one of them.
 */
import type { Backend } from '../core/backend.ts';
import type { KeyValue, KeyValueFeature } from './contract.ts';
import { atomicDefects } from './mutants/atomic.ts';
import type { Defect, Notes } from './mutants/defect.ts';
import { expiryDefects } from './mutants/expiry.ts';
import { fenceDefects } from './mutants/fence.ts';
import { listDefects } from './mutants/list.ts';
import { manyDefects } from './mutants/many.ts';
import { valueDefects } from './mutants/values.ts';
import { watchDefects } from './mutants/watch.ts';
import { versionDefects } from './mutants/version.ts';
import { portableKeyValue } from './portable.ts';

export interface Mutant {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
  readonly features: ReadonlySet<KeyValueFeature>;
  open(name: string): KeyValue;
}

/**
 * The backend with the defect in it. It forgets nothing when a store is closed, so that without a defect it passes as
 * durable.
 * @param healthy one that answers at once, and keeps its data in this process
 */
export function makeMutant(
  healthy: Backend<KeyValue, KeyValueFeature>,
  name: string,
  defect: Defect,
): Mutant {
  const everything: KeyValueFeature[] = [...healthy.features, 'durable', 'durable-server'];
  const features = new Set(everything.filter((feature) => !defect.lacks?.includes(feature)));
  const notesByStore = new Map<string, Notes>();
  return {
    name,
    breaks: defect.breaks,
    features,
    open(given) {
      const store = defect.rename?.(given) ?? given;
      const notes: Notes = notesByStore.get(given) ?? new Map();
      notesByStore.set(given, notes);
      const context = {
        name: store,
        url: new URL('memory:'),
        bind: 'memory',
        config: {},
        dataDir: `mutant ${name}`,
        timeout: 5_000,
      };
      const raw: KeyValue = { ...(healthy.open(context) as KeyValue), close: () => undefined };
      const portable = portableKeyValue(
        { ...raw, ...defect.backend?.(raw, notes, given) },
        { where: name, features, timeout: 5_000, backendsWith: () => [] },
      );
      return { ...portable, ...defect.guest?.(portable, notes) };
    },
  };
}

/** All mutants of a backend. */
export function makeMutants(healthy: Backend<KeyValue, KeyValueFeature>): Mutant[] {
  const defects = {
    ...valueDefects,
    ...listDefects,
    ...expiryDefects,
    ...atomicDefects,
    ...versionDefects,
    ...fenceDefects,
    ...manyDefects,
    ...watchDefects,
  };
  return Object.entries(defects).map(([name, defect]) => makeMutant(healthy, name, defect));
}
