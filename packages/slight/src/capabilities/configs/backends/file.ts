import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { Secret } from '../../core/secret.ts';
import type { Configs, ConfigsFeature, ConfigValue } from '../contract.ts';
import { pollConfigs } from '../poll.ts';
import { formats, readValues } from './file-formats.ts';

/** Bytes. */
const largestFile = 16 * 1024 * 1024;

/** A file that people write; the app only reads it, and sees changes with its next call. */
export const file = defineBackend<Configs, ConfigsFeature>({
  scheme: 'file',
  capability: 'configs',
  doc: 'A file, TOML, JSON or .env: file:./settings.toml (beside the slightfile), file:///etc/orders.json. Keys in tables are joined by dots.',
  features: new Set(['watch', 'shared']),
  config: {
    secrets: {
      type: 'strings',
      doc: 'the keys whose values are secrets; a table stands for all that is in it',
      default: [],
      example: '["api-key", "database"]',
    },
    format: {
      type: 'string',
      doc: `how the file is written, where its name does not say so: ${[...formats.keys()].join(', ')}`,
      example: '"toml"',
    },
  },
  open: openFile,
});

interface Content {
  /** Changes whenever the file does. */
  readonly state: string;
  readonly values: ReadonlyMap<string, ConfigValue>;
}

function openFile({ bind, config, dataDir }: OpenContext): Configs {
  const path = pathOf(bind, dataDir);
  const format = formatOf(path, config.format as string | undefined);
  const secrets = config.secrets as readonly string[];
  const isSecret = (key: string) => secrets.some((each) => key === each || key.startsWith(`${each}.`));
  let content: Content | undefined;

  function load(): ReadonlyMap<string, ConfigValue> {
    const state = stateOf(path);
    if (content?.state === state) return content.values;
    const values = new Map<string, ConfigValue>();
    for (const [key, value] of readValues(read(path), format))
      values.set(key, isSecret(key) ? new Secret(value) : value);
    content = { state, values };
    return values;
  }

  load();
  return {
    get: (key) => load().get(key),
    getAll: load,
    set() {
      throw new CapabilityError('unsupported', 'the file is for people to write');
    },
    watch: () => pollConfigs(load),
    ping: () => void load(),
    close: () => undefined,
  };
}

/** A relative path begins beside the slightfile. */
function pathOf(bind: string, dataDir: string): string {
  const url = URL.parse(bind.replace(/^file:/i, ''), pathToFileURL(join(dirname(dataDir), '/')).href);
  if (url?.host === '' && url.search === '' && url.hash === '' && !url.pathname.endsWith('/'))
    return fileURLToPath(url);
  throw new CapabilityError(
    'invalid-argument',
    'the bind names no file: write file:./settings.toml, or with three slashes file:///etc/orders.toml',
  );
}

function formatOf(path: string, given: string | undefined) {
  const ending = /^\.env\b/.test(basename(path)) ? 'env' : extname(path).slice(1);
  const format = formats.get(given ?? ending);
  if (format !== undefined) return format;
  throw new CapabilityError(
    'invalid-argument',
    `${given === undefined ? `the name of ${path} does not say how it is written` : `there is no format ${JSON.stringify(given)}`}. ` +
      `Add format to the bind: ${[...formats.keys()].join(', ')}`,
  );
}

function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    if (size <= largestFile) return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    throw explain(path, error);
  }
  throw new CapabilityError('resource-exhausted', `${path} is larger than 16 MiB`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, cause: unknown): CapabilityError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new CapabilityError('unavailable', `there is no ${path}. Write it, or correct the path`, {
      cause,
    });
  return new CapabilityError('unavailable', `${path} cannot be read (${code})`, { cause });
}
