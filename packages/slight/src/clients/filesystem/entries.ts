import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isFile } from './files.ts';
import { foreignName, keyOfName, nameOfKey } from './names.ts';

/** A folder whose entries stand for keys. */
export interface KeyFolder {
  readonly path: string;
  /** Whether its file system takes `a` and `A` for one name. */
  readonly ignoresCase: boolean;
}

export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The paths of a key: that of the usual name, which counts, and that of another program. */
export function pathsOfKey({ path, ignoresCase }: KeyFolder, key: string, is = isFile): string[] {
  const paths = [join(path, nameOfKey(key))].filter(is);
  const foreign = foreignName(key);
  if (foreign === undefined) return paths;
  const other = join(path, foreign);
  return is(other) && (!ignoresCase || isSpelled(other)) ? [...paths, other] : paths;
}

/** Whether the last name of a path is on the disk, letter by letter. */
export function isSpelled(path: string): boolean {
  return existsSync(path) && basename(realpathSync.native(path)) === basename(path);
}

/**
 * The keys that have a file, or a folder, in no order.
 * @param readKey gives the key of a file whose name has a hash in place of its end
 */
export function listKeys(
  path: string,
  readKey: (name: string) => string | undefined,
  kind: 'file' | 'folder' = 'file',
): Set<string> {
  const keys = new Set<string>();
  const changed = () => statSync(path, { bigint: true }).mtimeNs;
  // Some file systems may pass over a file that is replaced while its folder is read: then another look finds it.
  for (let look = 0, before = changed(); look < 2; look++) {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const fits = kind === 'file' ? entry.isFile() : entry.isDirectory();
      const key = fits ? keyOfName(entry.name, readKey) : undefined;
      if (key !== undefined) keys.add(key);
    }
    if (changed() === before) break;
  }
  return keys;
}
