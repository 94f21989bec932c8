import type { BindTable } from '../../slightfile/model.ts';
import type { Setting } from '../../slightfile/model.ts';
import type { Backend, ConfigField, MaybePromise } from './backend.ts';
import type { PortableOptions } from './portable.ts';

/** The capabilities of which an app opens instances by name: each is a table of the slightfile. */
export type CapabilityName = BindTable;

/** What everything that is opened can do, besides the operations of its contract. */
export interface Opened {
  /** Fails where the backend does not answer. */
  ping(): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/**
 * The operations of a contract: its methods, each with the name that messages, traces and metrics call it by. What
 * goes round a contract from outside is made from them, and hands on up to four arguments.
 */
export type Operations<Contract extends Opened> = {
  readonly [Method in Exclude<keyof Contract, keyof Opened>]: Contract[Method] extends (
    ...args: infer Args
  ) => unknown
    ? Args['length'] extends 0 | 1 | 2 | 3 | 4
      ? string
      : never
    : never;
};

/** A capability, as its line in the registry says it. */
export interface Capability<Contract extends Opened, Feature extends string> {
  /** What one instance is called in messages: `key-value store`. */
  readonly noun: string;
  /** The bind of every name in an app that runs without a slightfile. Undefined: such an app does not get it. */
  readonly embedded: string | undefined;
  /** What stands behind the `=` of the line to add to a slightfile, where nothing is embedded. */
  readonly example?: string;
  readonly operations: Operations<Contract>;
  /** Settings that every name takes, whatever its backend; they are checked with the backend's own. */
  readonly settings?: { readonly [key: string]: ConfigField };
  /**
   * What checked settings ask of the backend; one that cannot give it is refused.
   * @throws {CapabilityError} `invalid-argument`
   */
  needs?(config: Config): readonly Need<Feature>[];
  /** Puts round a backend what all backends of the capability need alike. */
  portable(backend: Contract, options: PortableOptions<Feature>): MaybePromise<Contract>;
  /** None is loaded before it is asked for. */
  readonly backends: readonly BackendEntry<Contract, Feature>[];
}

/** Settings of one name, checked. */
export interface Config {
  readonly [key: string]: Setting;
}

/** What a setting asks of a backend: one of these features. */
export interface Need<Feature extends string> {
  /** As it is written: `order = "key"`. */
  readonly setting: string;
  readonly anyOf: readonly Feature[];
}

export interface BackendEntry<Contract extends Opened, Feature extends string> {
  /** The first is the backend's own; the others are spellings of it. */
  readonly schemes: readonly string[];
  load(): Promise<Backend<Contract, Feature>>;
}

/** Opens instances of one capability by name. */
export interface Opener<Contract extends Opened> {
  /** @throws {CapabilityError} `permission-denied` for a name that nobody granted */
  open(name: string): MaybePromise<Contract>;
}
