/**
 * Configs that are broken on purpose, each in one way. They prove that the conformance suite sees what it claims to
 * see: every one of its checks fails on at least one of them.
 */
import { CapabilityError } from '../core/error.ts';
import { Secret } from '../core/secret.ts';
import type { ConfigsTarget, Given } from './conformance/check.ts';
import type { Configs, ConfigsFeature, ConfigValue, ConfigWatch } from './contract.ts';
import { pollConfigs } from './poll.ts';
import { portableConfigs } from './portable.ts';

export interface Mutant extends ConfigsTarget {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
}

export interface Defect {
  readonly breaks: readonly string[];
  /** Features that it does not declare. */
  readonly lacks?: readonly ConfigsFeature[];
  /** Claims that all its values are secrets. */
  readonly allSecret?: boolean;
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. */
  backend?(configs: Configs): Partial<Configs>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(configs: Configs, raw: Configs): Partial<Configs>;
}

class LoudSecret extends Secret {
  override toJSON(): string {
    return this.reveal();
  }
}

type Values = Map<string, ConfigValue>;

/** Configs in a map, with the defect in them; without one they are healthy. */
export function makeMutant(name: string, defect: Defect): Mutant {
  const all: ConfigsFeature[] = ['set', 'watch', 'shared'];
  const features = new Set(all.filter((feature) => !defect.lacks?.includes(feature)));
  const places = new Map<string, Values>();
  return {
    name,
    breaks: defect.breaks,
    features,
    allSecret: defect.allSecret ?? false,
    open(given, content) {
      const place = defect.rename?.(given) ?? given;
      const values = places.get(place) ?? new Map<string, ConfigValue>();
      places.set(place, values);
      fill(values, content);
      const raw = inMap(values);
      const options = { where: name, features, timeout: 5_000, backendsWith: () => [] };
      const portable = portableConfigs({ ...raw, ...defect.backend?.(raw) }, options);
      return { ...portable, ...defect.guest?.(portable, raw) };
    },
    change: (given, key, value) => void put(places.get(given)!, key, value),
  };
}

function fill(into: Values, { values = {}, secrets = {} }: Given = {}): void {
  for (const [key, value] of Object.entries(values)) into.set(key, value);
  for (const [key, value] of Object.entries(secrets)) into.set(key, new Secret(value));
}

function put(values: Values, key: string, value: string): void {
  values.set(key, values.get(key) instanceof Secret ? new Secret(value) : value);
}

function inMap(values: Values): Configs {
  return {
    get: (key) => values.get(key),
    getAll: () => new Map(values),
    set: (key, value) => put(values, key, value),
    watch: () => pollConfigs(() => new Map(values)),
    ping: () => undefined,
    close: () => undefined,
  };
}

/** Changes every value that is read. */
function withValues(change: (value: ConfigValue, key: string) => ConfigValue | undefined): Defect['backend'] {
  return ({ get, getAll }) => ({
    get(key) {
      const value = get(key) as ConfigValue | undefined;
      return value === undefined ? undefined : change(value, key);
    },
    getAll() {
      const changed = [...(getAll() as Values)].map(([key, value]) => [key, change(value, key)] as const);
      return new Map(changed.filter((entry): entry is [string, ConfigValue] => entry[1] !== undefined));
    },
  });
}

function withWatch(
  change: (watch: ConfigWatch, configs: Configs) => Partial<ConfigWatch>,
): Defect['backend'] {
  return (configs) => ({
    watch() {
      const watch = configs.watch() as ConfigWatch;
      return { next: (wait) => watch.next(wait), close: () => watch.close(), ...change(watch, configs) };
    },
  });
}

const once = 'a change is told by its key, once, and the value is there by then';
const undeclared = (feature: string) => `\`${feature}\`, which is not declared, is unsupported`;

const defects: { readonly [name: string]: Defect } = {
  'values are trimmed': {
    breaks: ['a value is text as it was given'],
    backend: withValues((value) => (typeof value === 'string' ? value.trim() : value)),
  },
  'values are Latin-1': {
    breaks: ['a value is text as it was given'],
    backend: withValues((value) =>
      typeof value === 'string' ? Buffer.from(value, 'latin1').toString('latin1') : value,
    ),
  },
  'an empty value is none': {
    breaks: ['a value may be empty'],
    backend: withValues((value) => value || undefined),
  },
  'values are properties of an object': {
    breaks: ['a key without a value is none, also one that every object has'],
    backend: ({ getAll }) => ({
      get: (key) => (Object.fromEntries(getAll() as Values) as { [key: string]: ConfigValue })[key],
    }),
  },
  'a missing key is not-found': {
    breaks: ['a key without a value is none, also one that every object has'],
    backend: ({ get }) => ({
      get(key) {
        const value = get(key);
        if (value === undefined) throw new CapabilityError('not-found', 'there is no such key');
        return value;
      },
    }),
  },
  'all values are all but the secrets': {
    breaks: ['all values are those that have one, as get gives them'],
    backend: ({ getAll }) => ({
      getAll: () => new Map([...(getAll() as Values)].filter(([, value]) => typeof value === 'string')),
    }),
  },
  'a secret is text': {
    breaks: ['a secret is a secret, and shows itself nowhere'],
    backend: withValues((value) => (value instanceof Secret ? value.reveal() : value)),
  },
  'of values that are all secret, some are text': {
    breaks: ['a value is text as it was given', 'a value may be empty'],
    allSecret: true,
  },
  'a secret shows itself': {
    breaks: ['a secret is a secret, and shows itself nowhere'],
    backend: withValues((value) => (value instanceof Secret ? new LoudSecret(value.reveal()) : value)),
  },
  'all names are one': {
    breaks: ['a name has its own values, and no others', 'what is set under a name is set under no other'],
    rename: () => 'one',
  },
  'keys are not checked': {
    breaks: ['a key that cannot be is invalid-argument'],
    guest: (_configs, raw) => ({ get: (key) => raw.get(key) }),
  },
  'what is closed goes on': {
    breaks: ['what is closed is cancelled'],
    guest: () => ({ close: () => undefined }),
  },
  'each opener has values of its own': {
    breaks: ['what was set is there, for whoever opened the same name too'],
    backend({ get, getAll }) {
      const own: Values = new Map();
      return {
        get: (key) => own.get(key) ?? get(key),
        getAll: () => new Map([...(getAll() as Values), ...own]),
        set: (key, value) => void own.set(key, value),
      };
    },
  },
  'an empty text is not set': {
    breaks: ['what was set is there, for whoever opened the same name too'],
    backend: ({ set }) => ({ set: (key, value) => (value === '' ? undefined : set(key, value)) }),
  },
  'a secret that is set is text': {
    breaks: ['a secret that is set stays one'],
    backend({ get }) {
      const own: Values = new Map();
      return { get: (key) => own.get(key) ?? get(key), set: (key, value) => void own.set(key, value) };
    },
  },
  'what is set is not checked': {
    breaks: ['what cannot be set is invalid-argument, and changes nothing'],
    guest: (_configs, raw) => ({ set: (key, value) => raw.set(key, value) }),
  },
  'a long value is cut': {
    breaks: ['what cannot be set is invalid-argument, and changes nothing'],
    guest: (configs) => ({ set: (key, value) => configs.set(key, value.slice(0, 1024)) }),
  },
  'a watch hears nothing': {
    breaks: [once, 'each watch hears of a change'],
    backend: withWatch(() => ({ next: () => [] })),
  },
  'a watch tells a change for ever': {
    breaks: [once],
    backend: withWatch((watch) => {
      const told = new Set<string>();
      return {
        async next(wait) {
          for (const key of await watch.next(told.size > 0 ? 0 : wait)) told.add(key);
          return [...told];
        },
      };
    }),
  },
  'a watch is told before the value is there': {
    breaks: [once],
    backend: ({ set, watch }) => {
      const early = new Set<string>();
      return {
        set(key, value) {
          early.add(key);
          setTimeout(() => void set(key, value), 500);
        },
        watch() {
          const inner = watch() as ConfigWatch;
          return {
            close: () => inner.close(),
            next(wait) {
              const keys = [...early];
              early.clear();
              return keys.length > 0 ? keys : inner.next(wait);
            },
          };
        },
      };
    },
  },
  'a wait does not see changes': {
    breaks: ['a change ends a wait'],
    backend: withWatch((watch) => ({ next: (wait) => (wait > 2_000 ? [] : watch.next(wait)) })),
  },
  'a watch tells every key of a change': {
    breaks: ['what did not change is not told'],
    backend: withWatch((watch, { getAll }) => ({
      async next(wait) {
        const changed = await watch.next(wait);
        return changed.length > 0 ? [...(getAll() as Values).keys()] : changed;
      },
    })),
  },
  'a watch begins with all keys': {
    breaks: ['what did not change is not told'],
    backend: withWatch((watch, { getAll }) => {
      let first = true;
      return {
        next(wait) {
          if (!first) return watch.next(wait);
          first = false;
          return [...(getAll() as Values).keys()];
        },
      };
    }),
  },
  'one watch takes the change from the other': {
    breaks: ['each watch hears of a change'],
    backend(configs) {
      let shared: ConfigWatch | undefined;
      return {
        watch() {
          shared ??= configs.watch() as ConfigWatch;
          const { next } = shared;
          return { next, close: () => undefined };
        },
      };
    },
  },
  'a watch that is closed goes on': {
    breaks: ['to close a watch ends its wait, and what follows is cancelled'],
    guest: (_configs, raw) => ({ watch: () => raw.watch() }),
  },
  'waits are not checked': {
    breaks: ['a wait that cannot be is invalid-argument'],
    guest: (_configs, raw) => ({ watch: () => raw.watch() }),
  },
  'set, undeclared, does nothing': {
    breaks: [undeclared('set')],
    lacks: ['set'],
    guest: () => ({ set: () => undefined }),
  },
  'watch, undeclared, never hears anything': {
    breaks: [undeclared('watch')],
    lacks: ['watch'],
    guest: () => ({ watch: () => ({ next: () => [], close: () => undefined }) }),
  },
};

export function makeMutants(): Mutant[] {
  return Object.entries(defects).map(([name, defect]) => makeMutant(name, defect));
}
