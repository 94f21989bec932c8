import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Configs, ConfigsFeature } from '../contract.ts';

/**
 * Secrets that `slight secret` keeps beside the slightfile: those that the slightfile lists, each as a secret. The host
 * decrypts them before the app starts and hands them on; nothing here knows the file or its key.
 */
export const usersecrets = defineBackend<Configs, ConfigsFeature>({
  scheme: 'usersecrets',
  capability: 'configs',
  doc: 'The secrets that `slight secret` keeps: those that `names` lists, as they were at the start.',
  features: new Set(['shared']),
  config: {
    names: {
      type: 'strings',
      doc: 'the secrets that the app may read',
      default: [],
      example: '["API_KEY"]',
    },
  },
  readsSecrets: ({ names }) => (Array.isArray(names) ? (names as readonly string[]) : []),
  open: openSecrets,
});

function openSecrets({ url, config, secrets = new Map() }: OpenContext): Configs {
  const names = new Set(config.names as readonly string[]);
  if (names.size === 0) {
    throw new CapabilityError(
      'invalid-argument',
      'no secret may be read. List them: { bind = "usersecrets", names = ["API_KEY"] }',
    );
  }
  if (/[^/]/.test(url.pathname) || url.host !== '')
    throw new CapabilityError('invalid-argument', 'usersecrets takes no path. Write `usersecrets` alone');

  return {
    get(key) {
      if (names.has(key)) return secrets.get(key);
      throw new CapabilityError(
        'permission-denied',
        `the app may not read ${JSON.stringify(key)}: it is not among the names of this bind. Add it to names`,
      );
    },
    getAll: () => secrets,
    set() {
      throw new CapabilityError('unsupported', 'secrets are set with slight secret');
    },
    watch() {
      throw new CapabilityError('unsupported', 'secrets stay as they were at the start');
    },
    ping: () => undefined,
    close: () => undefined,
  };
}
