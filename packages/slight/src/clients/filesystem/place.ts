import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapabilityError } from '../../capabilities/core/error.ts';
import { isSpelled } from './entries.ts';
import { flushFolder } from './files.ts';
import { foreignName, nameOfKey } from './names.ts';

/**
 * The folder that a bind names: `filesystem` is one in the app's own data, `filesystem:./data` lies beside the
 * slightfile, `filesystem:///srv/data` is where it says.
 * @param usual the folder below the data folder where the bind names none
 * @throws {CapabilityError} `invalid-argument`
 */
export function folderOfBind(url: URL, dataDir: string, usual: string): string {
  if (url.host !== '' || url.search !== '' || url.hash !== '') {
    throw new CapabilityError(
      'invalid-argument',
      'filesystem takes a path alone: filesystem:./data or filesystem:///srv/data. Write %3F for ? and %23 for #',
    );
  }
  if (/^\/*$/.test(url.pathname)) return join(dataDir, usual);
  if (url.pathname.startsWith('/')) return fileURLToPath(`file://${url.pathname}`);
  return besideSlightfile(dataDir, decodePath(url.pathname));
}

/** A path as a slightfile has it: the data folder lies beside the slightfile. */
export function besideSlightfile(dataDir: string, path: string): string {
  return resolve(dirname(resolve(dataDir)), path);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new CapabilityError('invalid-argument', 'the path has a % that encodes nothing. Write %25 for it');
  }
}

/** The folder of one name below that of its bind: the usual one, or where that is missing, another program's. */
export function pathOfStore(parent: string, store: string): string {
  const usual = join(parent, nameOfKey(store));
  const foreign = foreignName(store);
  const other = foreign === undefined ? undefined : join(parent, foreign);
  return other !== undefined && !existsSync(usual) && isSpelled(other) ? other : usual;
}

/**
 * Makes a folder for this user alone where it is missing, and has the disk know it.
 * @throws {CapabilityError} `permission-denied` where a link stands there
 */
export async function makeFolder(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new CapabilityError(
      'permission-denied',
      `${path} is a link, and links are not followed. Put a folder there, or bind the store to the folder that it leads to`,
    );
  }
  const made = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let each = path; each.length >= made.length; each = dirname(each)) await flushFolder(dirname(each));
}
