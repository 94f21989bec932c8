/**
 * SQL databases that are broken on purpose, each in one way. They prove that the conformance suite sees what it claims to
 * see: every one of its checks fails on at least one of them.
 */
import type { SqlTarget, SqlTypes } from './conformance/check.ts';
import type { Sql, SqlFeature } from './contract.ts';
import type { Defect } from './mutants/defect.ts';
import { lifeDefects } from './mutants/life.ts';
import { queryDefects } from './mutants/query.ts';
import { transactionDefects } from './mutants/transaction.ts';
import { valueDefects } from './mutants/values.ts';
import { writeDefects } from './mutants/write.ts';
import { portableSql } from './portable.ts';

export interface Mutant extends SqlTarget {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
}

/** What is broken: a backend without its portable layer. It keeps its data while this process runs. */
export interface Healthy {
  readonly types: SqlTypes;
  open(name: string): Sql;
}

const all: readonly SqlFeature[] = ['typed', 'last-insert-id', 'durable', 'durable-server', 'shared'];

/** The database with the defect in it; without one it is healthy. */
export function makeMutant(healthy: Healthy, name: string, defect: Defect): Mutant {
  const features = new Set(all);
  return {
    name,
    breaks: defect.breaks,
    features,
    types: healthy.types,
    open(given) {
      const raw = healthy.open(`${name}/${defect.rename?.(given) ?? given}`);
      const options = { where: name, features, timeout: 5_000, backendsWith: () => [] };
      const portable = portableSql({ ...raw, ...defect.backend?.(raw, given) }, options);
      return { ...portable, ...defect.guest?.(portable, raw) };
    },
  };
}

export function makeMutants(healthy: Healthy): Mutant[] {
  const defects = {
    ...queryDefects,
    ...valueDefects,
    ...writeDefects,
    ...transactionDefects,
    ...lifeDefects,
  };
  return Object.entries(defects).map(([name, defect]) => makeMutant(healthy, name, defect));
}
