import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';
import type { Secret } from '../core/secret.ts';

/** What a backend may be able to do beyond reading. Undeclared: the portable layer answers `unsupported`. */
export type ConfigsFeature = 'set' | 'watch' | 'shared'; // several processes see the same values

/** A value; one that the slightfile or the backend calls secret is a `Secret` wherever it goes. */
export type ConfigValue = string | Secret;

/**
 * The configs of one name: what backends implement, what the portable layer wraps, what dialects call. Every method
 * fails with a `CapabilityError` only. Arguments reach a backend checked: keys of 1 to 1,024 bytes of UTF-8, values up to
 * 1 MiB.
 */
export interface Configs extends Opened {
  /** Undefined: the key has no value. `permission-denied`: the slightfile does not let the app read it. */
  get(key: string): MaybePromise<ConfigValue | undefined>;
  /** Every key that has a value and may be read. */
  getAll(): MaybePromise<ReadonlyMap<string, ConfigValue>>;
  /** A key that was secret stays secret. */
  set(key: string, value: string): MaybePromise<void>;
  watch(): MaybePromise<ConfigWatch>;
}

/** Follows the values of all keys that may be read. */
export interface ConfigWatch {
  /**
   * The keys whose value has changed, come or gone since the last answer, or since the watch began; steps between may
   * be left out. Waits for the first, up to `wait` milliseconds; then none.
   */
  next(wait: number): MaybePromise<readonly string[]>;
  /** Ends a `next` that waits, too. */
  close(): void;
}

export const configsOperations: Operations<Configs> = {
  get: 'get',
  getAll: 'get-all',
  set: 'set',
  watch: 'watch',
};
