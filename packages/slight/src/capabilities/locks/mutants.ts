/**
 * Locks that are broken on purpose, each in one way that real ones were found to be. They prove that the conformance suite
 * sees what it claims to see: every one of its checks fails on at least one of them.
 */
import type { LocksTarget } from './conformance/check.ts';
import type { LocksFeature } from './contract.ts';
import { serve, type Defect, type Server } from './mutants/defect.ts';
import { grantDefects } from './mutants/grant.ts';
import { nameDefects } from './mutants/names.ts';
import { timeDefects } from './mutants/time.ts';
import { portableLocks } from './portable.ts';

export interface Mutant extends LocksTarget {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
}

/** Locks in a map, with the defect in them; without one they are healthy. */
export function makeMutant(name: string, defect: Defect): Mutant {
  const features = new Set<LocksFeature>(['durable', 'durable-server', 'shared']);
  const servers = new Map<string, Server>();
  return {
    name,
    breaks: defect.breaks,
    features,
    open(given) {
      const place = defect.rename?.(given) ?? given;
      const server = servers.get(place) ?? { rows: new Map(), lines: new Map(), last: 0n };
      servers.set(place, server);
      const parts = serve(server);
      const options = { where: name, features, timeout: 5_000, backendsWith: () => [] };
      const portable = portableLocks({ ...parts, ...defect.backend?.(parts) }, options);
      return { ...portable, ...defect.guest?.(portable, parts) };
    },
    async restart() {
      for (const server of servers.values()) defect.crash?.(server);
    },
  };
}

export function makeMutants(): Mutant[] {
  return Object.entries({ ...grantDefects, ...nameDefects, ...timeDefects }).map(([name, defect]) =>
    makeMutant(name, defect),
  );
}
