import { readFileSync } from 'node:fs';
import { printFrame } from './error.ts';
import type { Position, Slightfile } from './model.ts';
import { startWithPlace } from './show-place.ts';

type File = Pick<Slightfile, 'path'>;

/**
 * What is wrong with a line of a slightfile: where, what, the line itself, and what to do about it. Lines of `message` that begin
 * with `  fix: ` say that; others may stand before.
 */
export function describeComplaint(file: File, position: Position | undefined, message: string): string {
  const start = message.search(/^ {2}fix: /m);
  const [what, fix] = start < 0 ? [`${message}\n`, ''] : [message.slice(0, start), message.slice(start)];
  return `${startWithPlace(file, position)}${what}${quoteLine(file, position)}${fix}`.trimEnd();
}

/** The line with its place underlined; empty where there is none. */
function quoteLine({ path }: File, position: Position | undefined): string {
  if (path === undefined || position === undefined) return '';
  try {
    const line = readFileSync(path, 'utf8').split(/\r?\n/)[position.line - 1];
    return line === undefined ? '' : printFrame(line, { width: 1, ...position });
  } catch {
    // The file was read before; that it has gone since is not what went wrong.
    return '';
  }
}
