/**
 * What every SQL backend promises, as checks that any test runner can run: each is a name and a function that fails by
 * throwing.
 *
 * ```ts
 * for (const { name, run } of sqlConformance({ open, features, types })) test(name, run);
 * ```
 * @module
 */
import { randomBytes } from 'node:crypto';
import { selectChecks, type Check } from '../core/check.ts';
import { change, type CheckDefinition, type CheckTools, type SqlTarget } from './conformance/check.ts';
import { lifeChecks } from './conformance/life.ts';
import { queryChecks } from './conformance/query.ts';
import { transactionChecks } from './conformance/transaction.ts';
import { valueChecks } from './conformance/values.ts';
import { writeChecks } from './conformance/write.ts';
import type { Sql } from './contract.ts';

export type { SqlTarget, SqlTypes } from './conformance/check.ts';

const checks: readonly CheckDefinition[] = [
  ...queryChecks,
  ...valueChecks,
  ...writeChecks,
  ...transactionChecks,
  ...lifeChecks,
];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function sqlConformance(target: SqlTarget): Check[] {
  return selectChecks(checks, [], target.features, (run) => runCheck(target, run));
}

async function runCheck(target: SqlTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const { features, types } = target;
  const opened: Sql[] = [];
  async function open(suffix = 'main'): Promise<Sql> {
    const db = await target.open(`check-${id}-${suffix}`);
    opened.push(db);
    return db;
  }
  const tools: CheckTools = {
    features,
    types,
    open,
    async openItems(suffix) {
      const db = await open(suffix);
      await change(
        db,
        `CREATE TABLE IF NOT EXISTS items (id ${types.integer} PRIMARY KEY, name ${types.text} UNIQUE, amount ${types.integer})`,
      );
      return db;
    },
    async restart() {
      for (const db of opened.splice(0)) await db.close();
      await target.restart?.();
    },
  };
  try {
    await run(tools);
  } finally {
    for (const db of opened) await db.close();
  }
}
