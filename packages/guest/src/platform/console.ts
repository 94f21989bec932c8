import { say } from '../log.ts';
import type { Level } from '../log.ts';
import { formatLine, inspect } from './inspect.ts';

let margin = '';

function writer(level: Level): (...args: unknown[]) => void {
  return (...args) => {
    const text = formatLine(args);
    say(level, margin === '' ? text : margin + text.replaceAll('\n', `\n${margin}`));
  };
}

const error = writer('error');
const info = writer('info');
const traced = writer('trace');

/** The usual console: lines go to the host's log, each at its level. */
export const console = {
  log: info,
  info,
  debug: writer('debug'),
  warn: writer('warn'),
  error,

  /** At level `trace`, with the place that called it. */
  trace(...args: unknown[]): void {
    const stack = (new Error().stack ?? '').trimEnd().split('\n').slice(1).join('\n');
    traced(`Trace${args.length === 0 ? '' : `: ${formatLine(args)}`}\n${stack}`);
  },

  /** At level `error`, where the condition does not hold. */
  assert(condition?: unknown, ...args: unknown[]): void {
    if (!condition) error(args.length === 0 ? 'Assertion failed' : `Assertion failed: ${formatLine(args)}`);
  },

  dir(value: unknown): void {
    info(inspect(value));
  },

  /** Indents what follows, up to `groupEnd`. */
  group(...args: unknown[]): void {
    if (args.length > 0) info(...args);
    margin += '  ';
  },

  groupEnd(): void {
    margin = margin.slice(2);
  },
};
