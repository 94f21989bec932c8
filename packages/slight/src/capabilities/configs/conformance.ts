/**
 * What every backend of configs promises, as checks that any test runner can run: each is a name and a function that
 * fails by throwing. Features that a backend declares are checked; those that it does not declare must be refused.
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { refuses, selectChecks, type Check } from '../core/check.ts';
import type {
  CheckDefinition,
  CheckTools,
  ConfigsTarget,
  Given,
  RefusalDefinition,
} from './conformance/check.ts';
import { readChecks } from './conformance/read.ts';
import { setChecks } from './conformance/set.ts';
import { watchChecks } from './conformance/watch.ts';
import { Secret } from '../core/secret.ts';
import type { Configs, ConfigValue } from './contract.ts';

export type { ConfigsTarget } from './conformance/check.ts';

const checks: readonly CheckDefinition[] = [...readChecks, ...setChecks, ...watchChecks];

const openOne = ({ open }: CheckTools) => open({ values: { ONE: 'value' } });
const refusals: readonly RefusalDefinition[] = [
  refuses('set', openOne, { set: (configs: Configs) => configs.set('ONE', 'other') }),
  refuses('watch', openOne, { watch: (configs: Configs) => configs.watch() }),
];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function configsConformance(target: ConfigsTarget): Check[] {
  return selectChecks(checks, refusals, target.features, (run) => runCheck(target, run));
}

async function runCheck(target: ConfigsTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const opened = new Map<Configs, string>();
  const tools: CheckTools = {
    features: target.features,
    async open(given, suffix = 'main') {
      const name = `check-${id}-${suffix}`;
      const inner = await target.open(name, given);
      const configs = target.allSecret ? showTexts(inner, given) : inner;
      opened.set(configs, name);
      return configs;
    },
    async change(configs, key, value) {
      if (target.features.has('set')) await configs.set(key, value);
      else await target.change!(opened.get(configs)!, key, value);
    },
  };
  try {
    await run(tools);
  } finally {
    for (const configs of opened.keys()) await configs.close();
  }
}

/** For checks that gave texts to configs in which all is secret: what they read must be a secret, and is shown to them. */
function showTexts(configs: Configs, given: Given = {}): Configs {
  const show = (key: string, value: ConfigValue | undefined) => {
    if (value === undefined || !Object.hasOwn(given.values ?? {}, key)) return value;
    assert.ok(value instanceof Secret, `${key} is given as plain text`);
    return value.reveal();
  };
  return {
    ...configs,
    async get(key) {
      return show(key, await configs.get(key));
    },
    async getAll() {
      return new Map([...(await configs.getAll())].map(([key, value]) => [key, show(key, value)!]));
    },
  };
}
