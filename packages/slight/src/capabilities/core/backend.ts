import type { BindTable, Setting } from '../../slightfile/model.ts';
import type { Opened } from './capability.ts';
import type { CapabilityError } from './error.ts';
import type { Secret } from './secret.ts';

export type MaybePromise<T> = T | Promise<T>;

/** One setting of a backend, as plain data: validation, documentation and redaction all come from it. */
export interface ConfigField {
  /** `strings`: a list of texts. `duration`: a text such as `30s`, which the backend gets in milliseconds. */
  readonly type: 'string' | 'number' | 'boolean' | 'strings' | 'duration';
  readonly doc: string;
  readonly required?: boolean;
  readonly default?: Setting;
  /** The texts that it may be. */
  readonly choices?: readonly string[];
  readonly example?: string;
  /** Never printed. */
  readonly secret?: boolean;
}

/** Where a backend is opened: everything that it may know about its surroundings. */
export interface OpenContext {
  /** The name that the app opens (`orders`). Two names on one server never share data. */
  readonly name: string;
  /** The bind as a URL: `sqlite:`, `redis://cache:6379/0`. Credentials are in `url.username` and `url.password`. */
  readonly url: URL;
  /** All servers of the bind, each as `host` or `host:port`, for a backend that takes several. `url` has the first. */
  readonly hosts?: readonly string[];
  /** The bind as it is written, for paths: of `file:./a` a URL keeps `/a` only. It may hold credentials. */
  readonly bind: string;
  /** Settings beside the bind in the slightfile, checked against `config` and the capability's own. */
  readonly config: { readonly [key: string]: Setting };
  /** Secrets that the slightfile grants to the app: those that `readsSecrets` names. */
  readonly secrets?: ReadonlyMap<string, Secret>;
  /** A folder that is the app's own on this machine (`.slight`); made on demand, mode 0700. */
  readonly dataDir: string;
  /** Milliseconds that any single operation may take before it is `timeout`. */
  readonly timeout: number;
  /**
   * Opens what another table of the slightfile names, for a backend that keeps its data there; it closes it, too.
   * @param as in place of its name, so that no data is shared with the app
   * @throws {CapabilityError} `invalid-argument` where there is no such name
   */
  openOther?(table: BindTable, name: string, as: string): Promise<Opened>;
}

/** What `defineBackend` takes: a backend is this object, in one file. */
export interface Backend<Capability, Feature extends string = string> {
  readonly scheme: string;
  readonly capability: string;
  readonly doc: string;
  readonly features: ReadonlySet<Feature>;
  readonly config: { readonly [key: string]: ConfigField };
  /** npm packages that it imports lazily, as `name@version`: named in the error where one is missing. */
  readonly packages?: readonly string[];
  /** Whether its data lives in this process only, so that a second worker would see other data. */
  readonly singleProcess?: boolean | ((config: { readonly [key: string]: Setting }) => boolean);
  /** Whether a bind may name several servers: `scheme://a:1,b:2`. */
  readonly severalHosts?: boolean;
  /** Whether its storage is made on this machine, so that one process opens it before several do at once. */
  readonly prepare?: boolean;
  /**
   * Whether it flushes files to the disk by itself. Node's permission model has no leave for that, so the processes that
   * run the app go without it.
   */
  readonly flushesFiles?: boolean;
  /** The secrets that the app itself gets, by the settings. The host reads them; the key is in no worker. */
  readsSecrets?(config: { readonly [key: string]: Setting }): readonly string[];
  /**
   * Opens and proves the connection.
   * @throws {CapabilityError} `unauthenticated`, `unavailable`, `invalid-argument`
   */
  open(context: OpenContext): MaybePromise<Capability>;
}

/** Gives a backend its type; adds nothing. */
export function defineBackend<Capability, Feature extends string>(
  backend: Backend<Capability, Feature>,
): Backend<Capability, Feature> {
  return backend;
}

export type { CapabilityError };
