import { Configs as WitConfigs } from '#cloud/configs';
import type { Value as WitValue } from 'spiderlightning:cloud/configs@0.6.0';
import { useOpened } from './opened.ts';
import { Secret } from './secret.ts';

/** Tells of changes. */
export interface ConfigWatch {
  /**
   * The keys whose value has changed, come or gone since the answer before, or since the watch began. Waits for up to
   * `waitMs` milliseconds until there is one, and answers none then. Of several changes of a key the last is told.
   */
  next(waitMs?: number): Promise<readonly string[]>;
  close(): void;
}

/**
 * Settings that the slightfile names: text under keys. Every method may throw a CapabilityError; for a key that the
 * slightfile does not grant it is `permission-denied`.
 */
export interface Configs {
  readonly name: string;
  /**
   * The value, or undefined where there is none.
   * @throws {TypeError} where it is a secret: `getSecret` gives those
   */
  get(key: string): Promise<string | undefined>;
  /** The value as a secret, also where the host does not call it one. */
  getSecret(key: string): Promise<Secret | undefined>;
  /** Every key that has a value, with its value. */
  getAll(): Promise<ReadonlyMap<string, string | Secret>>;
  /** Gives a key a value, where the slightfile lets the app write. A secret stays one. */
  set(key: string, value: string): Promise<void>;
  /** Begins to watch all keys; it ends with the request. */
  watch(): Promise<ConfigWatch>;
}

/**
 * The configs of this name. They are opened by their first use, so a module's top level may call this: a name that the
 * host does not grant throws `permission-denied` there, not here.
 */
export function openConfigs(name: string): Configs {
  const use = useOpened(`the configs "${name}"`, () => WitConfigs.open(name));
  return {
    name,
    get: (key) =>
      use('get', (wit) => {
        const value = read(wit.get(key));
        if (!(value instanceof Secret)) return value;
        throw new TypeError(
          `the value of ${JSON.stringify(key)} in the configs "${name}" is a secret: use getSecret`,
        );
      }),
    getSecret: (key) =>
      use('getSecret', (wit) => {
        const value = read(wit.get(key));
        return typeof value === 'string' ? new Secret(value) : value;
      }),
    getAll: () => use('getAll', (wit) => new Map(wit.getAll().map(([key, value]) => [key, read(value)!]))),
    set: (key, value) => use('set', (wit) => wit.set(key, value)),
    watch: () =>
      use('watch', (wit) => {
        const watch = wit.watch();
        return {
          next: (waitMs = 0) =>
            use('watch', () => {
              if (!(waitMs >= 0 && waitMs <= Number.MAX_SAFE_INTEGER))
                throw new RangeError(`a watch waits for 0 milliseconds or more, not for ${waitMs}`);
              return watch.next(Math.trunc(waitMs));
            }),
          close: () => watch[Symbol.dispose](),
        };
      }),
  };
}

function read(value: WitValue | null): string | Secret | undefined {
  if (value === null || value.tag === 'text') return value?.val;
  const secret = new Secret(value.val.reveal());
  value.val[Symbol.dispose]();
  return secret;
}
