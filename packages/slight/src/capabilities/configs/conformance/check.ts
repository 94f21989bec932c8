import assert from 'node:assert/strict';
import type { MaybePromise } from '../../core/backend.ts';
import type { CheckDefinition as AnyCheck, RefusalDefinition as AnyRefusal } from '../../core/check.ts';
import { Secret } from '../../core/secret.ts';
import type { Configs, ConfigsFeature, ConfigValue } from '../contract.ts';

export { assertFails, eventually } from '../../core/check.ts';

/** What is there before configs are opened. */
export interface Given {
  readonly values?: { readonly [key: string]: string };
  /** Values that are secrets. */
  readonly secrets?: { readonly [key: string]: string };
  /** Keys that have no value, and may be read and written. */
  readonly absent?: readonly string[];
}

export interface ConfigsTarget {
  /** What the backend declares. */
  readonly features: ReadonlySet<ConfigsFeature>;
  /** Whether every value is a secret, also those that `given` calls texts. */
  readonly allSecret?: boolean;
  /**
   * Opens configs as a guest would see them, behind the portable layer (`openCapabilityOn`), in which `given` is what
   * there is. Undefined: the name was opened before, and nothing has to be put there. Where the backend can `set`,
   * the app may.
   */
  open(name: string, given: Given | undefined): MaybePromise<Configs>;
  /** Changes a value from outside; needed where a backend can `watch` and not `set`. */
  change?(name: string, key: string, value: string): MaybePromise<void>;
}

export interface CheckTools {
  readonly features: ReadonlySet<ConfigsFeature>;
  /** Configs of this check alone; the same suffix opens the same ones once more, then without `given`. */
  open(given?: Given, suffix?: string): Promise<Configs>;
  /** Has a key take another value, or none, by whatever changes it: the app itself, or somebody outside. */
  change(configs: Configs, key: string, value: string): Promise<void>;
}

export type CheckDefinition = AnyCheck<ConfigsFeature, CheckTools>;
export type RefusalDefinition = AnyRefusal<ConfigsFeature, CheckTools>;

/** A value as plain data: secrets are told from texts. */
export function plain(value: ConfigValue | undefined): string | { readonly secret: string } | undefined {
  return value instanceof Secret ? { secret: value.reveal() } : value;
}

export async function assertValue(
  configs: Configs,
  key: string,
  expected: ReturnType<typeof plain>,
): Promise<void> {
  assert.deepEqual(plain(await configs.get(key)), expected, key);
}

export async function readAll(configs: Configs): Promise<{ [key: string]: ReturnType<typeof plain> }> {
  const values = [...(await configs.getAll())].map(([key, value]) => [key, plain(value)] as const);
  return Object.fromEntries(values);
}
