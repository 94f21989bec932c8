import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { Secret } from '../../core/secret.ts';
import type { Configs, ConfigsFeature, ConfigValue } from '../contract.ts';
import { pollConfigs } from '../poll.ts';

/** What apps have set, by data folder and name. It lives as long as one of them is open. */
const overlays = new Map<string, { readonly values: Map<string, string>; opens: number }>();

/**
 * Environment variables of the host, of which the app sees those that the slightfile lists. What it sets lies over
 * them, in memory: `process.env` decides what this process does, so no app writes there.
 */
export const envvars = defineBackend<Configs, ConfigsFeature>({
  scheme: 'envvars',
  capability: 'configs',
  doc: 'Environment variables of the host: those that `names` and `secrets` list. What the app sets is in memory only.',
  features: new Set(['set', 'watch']),
  config: {
    names: {
      type: 'strings',
      doc: 'the variables that the app may read',
      default: [],
      example: '["LOG_LEVEL", "REGION"]',
    },
    secrets: {
      type: 'strings',
      doc: 'the variables that it may read as secrets',
      default: [],
      example: '["API_KEY"]',
    },
    writable: {
      type: 'boolean',
      doc: 'whether the app may set them, for itself and until the host stops',
      default: false,
    },
  },
  singleProcess: ({ writable }) => writable === true,
  open: openVariables,
});

function openVariables({ name, url, config, dataDir }: OpenContext): Configs {
  const secrets = new Set(config.secrets as readonly string[]);
  const names = new Set([...(config.names as readonly string[]), ...secrets]);
  if (names.size === 0) {
    throw new CapabilityError(
      'invalid-argument',
      'no variable may be read. List them: { bind = "envvars", names = ["LOG_LEVEL"] }',
    );
  }
  if (/[^/]/.test(url.pathname) || url.host !== '')
    throw new CapabilityError('invalid-argument', 'envvars takes no path. Write `envvars` alone');
  const id = `${dataDir}\0${name}`;
  const overlay = overlays.get(id) ?? { values: new Map<string, string>(), opens: 0 };
  overlays.set(id, overlay);
  overlay.opens++;

  function find(key: string): ConfigValue | undefined {
    const value = overlay.values.get(key) ?? readVariable(key);
    return value !== undefined && secrets.has(key) ? new Secret(value) : value;
  }

  function check(key: string): void {
    if (names.has(key)) return;
    throw new CapabilityError(
      'permission-denied',
      `the app may not read ${JSON.stringify(key)}: it is not among the names of this bind. Add it to names, or to secrets`,
    );
  }

  function findAll(): Map<string, ConfigValue> {
    const found = [...names].map((key) => [key, find(key)] as const);
    return new Map(found.filter((entry): entry is [string, ConfigValue] => entry[1] !== undefined));
  }

  return {
    get(key) {
      check(key);
      return find(key);
    },
    getAll: findAll,
    set(key, value) {
      check(key);
      if (config.writable !== true) {
        throw new CapabilityError(
          'permission-denied',
          'the app may only read. Add writable = true to this bind',
        );
      }
      overlay.values.set(key, value);
    },
    watch: () => pollConfigs(findAll),
    ping: () => undefined,
    close() {
      if (--overlay.opens === 0) overlays.delete(id);
    },
  };
}

function readVariable(key: string): string | undefined {
  return Object.hasOwn(process.env, key) ? process.env[key] : undefined;
}
