import { relative, sep } from 'node:path';
import type { Position } from './model.ts';

/** A file as messages name it: from the working folder, where it lies in it. */
export function showPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith(`..${sep}`) || short.startsWith(sep) ? path : short;
}

/** `slightfile.toml:5:1`; the file alone where no place in it is known. */
export function showPlace(path: string, position: Position | undefined): string {
  return position === undefined ? showPath(path) : `${showPath(path)}:${position.line}:${position.column}`;
}

/** The place of a bind before a message; nothing for an app without a slightfile. */
export function startWithPlace(
  { path }: { readonly path: string | undefined },
  position: Position | undefined,
): string {
  return path === undefined || position === undefined ? '' : `${showPlace(path, position)}: `;
}
