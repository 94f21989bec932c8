import { CapabilityError } from '../core/error.ts';
import { portableTools, type PortableOptions } from '../core/portable.ts';
import { portableWatch } from '../core/watch.ts';
import type { Configs, ConfigsFeature, ConfigWatch } from './contract.ts';

/** Bytes of UTF-8. */
const longestKey = 1_024;
const largestValue = 1024 * 1024;

/** What every backend of configs needs alike, round one of them: checks, deadlines, and what is `unsupported`. */
export function portableConfigs(backend: Configs, options: PortableOptions<ConfigsFeature>): Configs {
  const tools = portableTools(backend, options);
  const { run, need, opened } = tools;

  return {
    get: (key) =>
      run(
        'get',
        'reads',
        () => checkKey(key),
        () => backend.get(key),
      ),
    getAll: () =>
      run(
        'get-all',
        'reads',
        () => undefined,
        () => backend.getAll(),
      ),
    set: (key, value) =>
      run(
        'set',
        'writes',
        () => {
          need('set');
          checkKey(key);
          checkValue(value);
        },
        () => backend.set(key, value),
      ),
    watch: () => {
      const watch = run(
        'watch',
        'reads',
        () => need('watch'),
        () => backend.watch(),
      );
      const wrap = (begun: ConfigWatch) => portableWatch(tools, begun, options.timeout);
      return watch instanceof Promise ? watch.then(wrap) : wrap(watch);
    },
    ...opened,
  };
}

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}

function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > longestKey)
    throw invalid(`the key has ${bytes} bytes of UTF-8. A key has 1 to 1,024 bytes`);
  if (!key.isWellFormed()) throw invalid('the key has half a surrogate pair, which UTF-8 cannot hold');
}

/** The value is in no message: it may be a secret. */
function checkValue(value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > largestValue) throw invalid(`the value has ${bytes} bytes of UTF-8. A value has up to 1 MiB`);
  if (!value.isWellFormed()) throw invalid('the value has half a surrogate pair, which UTF-8 cannot hold');
}
