import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError, type ErrorCode } from './error.ts';

/** One promise of a contract. `run` throws where it is broken. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}

/** A promise as a suite writes it down; `tools` open what is checked. */
export interface CheckDefinition<Feature extends string, Tools> {
  readonly name: string;
  /** Checked where all of these are declared. */
  readonly needs: readonly Feature[];
  run(tools: Tools): Promise<void>;
}

/** What a backend that does not declare a feature owes. */
export interface RefusalDefinition<Feature extends string, Tools> extends Omit<
  CheckDefinition<Feature, Tools>,
  'needs'
> {
  readonly refuses: Feature;
}

/** The check that every call which needs a feature is `unsupported` where it is not declared. */
export function refuses<Feature extends string, Tools, Contract>(
  feature: Feature,
  open: (tools: Tools) => Promise<Contract>,
  calls: { readonly [operation: string]: (opened: Contract) => unknown },
): RefusalDefinition<Feature, Tools> {
  return {
    name: `\`${feature}\`, which is not declared, is unsupported`,
    refuses: feature,
    async run(tools) {
      const opened = await open(tools);
      for (const [operation, call] of Object.entries(calls)) {
        await assertFails('unsupported', operation, () => call(opened));
      }
    },
  };
}

/** The checks for a backend that declares these features: what is declared is checked, all else must be refused. */
export function selectChecks<Feature extends string, Tools>(
  checks: readonly CheckDefinition<Feature, Tools>[],
  refusals: readonly RefusalDefinition<Feature, Tools>[],
  features: ReadonlySet<Feature>,
  run: (check: (tools: Tools) => Promise<void>) => Promise<void>,
): Check[] {
  const declared = checks.filter(({ needs }) => needs.every((feature) => features.has(feature)));
  const refused = refusals.filter(({ refuses }) => !features.has(refuses));
  return [...declared, ...refused].map((check) => ({ name: check.name, run: () => run(check.run) }));
}

/** The call throws or rejects with this code, and with a `CapabilityError`. */
export async function assertFails(
  code: ErrorCode,
  what: string,
  call: () => unknown,
): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, `${what}: failed with ${error}, which is no CapabilityError`);
    assert.equal(error.code, code, `${what}: ${error.message}`);
    return error;
  }
  return assert.fail(`${what}: did not fail; expected ${code}`);
}

/** Waits for something that is promised to happen; how fast is not what is checked. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5_000; !(await ask()); await sleep(20)) {
    assert.ok(performance.now() < end, `${what}: not within 5 seconds`);
  }
}
