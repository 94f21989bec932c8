import { log as write } from '#cloud/logging';
import type { Level } from 'spiderlightning:cloud/logging@0.6.0';
import { isServing } from './phase.ts';
import { inspect } from './platform/inspect.ts';

export type { Level };

/** What programs read beside a line. Values that are no text are written as `console.log` would write them. */
export type Fields = { readonly [name: string]: unknown };

/** Lines that the top level of a module wrote, while the app was built. */
const early: [Level, string, Fields][] = [];
const mostEarly = 100;

/**
 * Writes a line to the host's log. Lines that the build's evaluation of the app wrote are kept, and appear with the
 * first request of each instance, in the context `build`.
 */
export function log(level: Level, message: string, fields: Fields = {}): void {
  if (!isServing()) {
    if (early.length < mostEarly) early.push([level, message, fields]);
    return;
  }
  for (const line of early.splice(0)) send('build', ...line);
  send('', level, message, fields);
}

/** Where lines of `console` go; the host's log without it. */
let printer: ((level: Level, line: string) => void) | undefined;

/** Has `console` print from now on, as that of a program does. */
export function printLines(print: (level: Level, line: string) => void): void {
  printer = print;
}

/** A line of `console`. */
export function say(level: Level, line: string): void {
  if (printer === undefined || !isServing()) log(level, line);
  else printer(level, line);
}

/** Sends what the build's evaluation wrote, when the first request comes. */
export function flushLog(): void {
  if (early.length === 0) return;
  for (const line of early.splice(0)) send('build', ...line);
}

function send(context: string, level: Level, message: string, fields: Fields): void {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value.toWellFormed() : inspect(value).toWellFormed(),
  ]);
  write(level, context, message.toWellFormed(), pairs);
}
