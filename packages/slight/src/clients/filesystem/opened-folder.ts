import { closeSync, constants, existsSync, lstatSync, openSync } from 'node:fs';

/**
 * A folder that is held open: on Linux its `path` leads to this very folder, whatever becomes of the names on the way to
 * it, so nobody can put a link in its place between a look and a use. Elsewhere Node has no such way, and it is not free
 * of that race.
 */
export interface OpenedFolder {
  readonly path: string;
  close(): void;
}

const descriptors = '/proc/self/fd';
const canHold = process.platform === 'linux' && existsSync(descriptors);
const folderFlags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Undefined where there is no folder: nothing, a file, or a link. */
export function openFolderAt(path: string): OpenedFolder | undefined {
  if (!canHold) {
    const found = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    return found ? { path, close: () => undefined } : undefined;
  }
  let folder: number;
  try {
    folder = openSync(path, folderFlags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
  return { path: `${descriptors}/${folder}`, close: () => closeSync(folder) };
}
