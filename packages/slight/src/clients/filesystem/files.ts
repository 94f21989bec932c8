import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { CapabilityError, type ErrorCode } from '../../capabilities/core/error.ts';

const flush = promisify(fsync);
/** Neither follows a link nor waits for the other end of a pipe. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Undefined where there is no file, or something else than a file. */
export function readWhole(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, readFlags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ELOOP is a link, ENXIO a socket.
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}

export function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Writes a file for its owner alone, in the place of what a crash may have left. Done when the disk has it. */
export async function writeAnew(path: string, content: string | Uint8Array): Promise<void> {
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    await flush(file);
  } finally {
    closeSync(file);
  }
}

/** The names in a folder are on the disk when the folder is. Windows has no such call. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = openSync(path, constants.O_RDONLY);
  try {
    await flush(folder);
  } finally {
    closeSync(folder);
  }
}

const access = 'Let this user read and write the folder and what is in it';
const reasons: { readonly [code: string]: readonly [ErrorCode, string] } = {
  EACCES: ['unavailable', access],
  EPERM: ['unavailable', access],
  EROFS: ['unavailable', access],
  EIO: ['unavailable', 'Look at the disk'],
  ENOENT: ['unavailable', 'The folder was moved away or removed: bring it back, or start the app again'],
  EISDIR: ['unavailable', 'A folder stands where a value belongs: move it away'],
  ENOTDIR: ['unavailable', 'A file stands where a folder belongs: move it away'],
  EEXIST: ['unavailable', 'A file stands where a folder belongs: move it away'],
  ENOSPC: ['resource-exhausted', 'Make room on the disk'],
  EDQUOT: ['resource-exhausted', 'Make room in the quota of this user'],
  EMFILE: ['resource-exhausted', 'Raise the limit of open files: ulimit -n 65536'],
};

/** What the system says, in words of the contract. Anything unknown stays what it is. */
export function explainFiles(error: unknown, outcome: 'none' | 'unknown'): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof CapabilityError || code === undefined || !Object.hasOwn(reasons, code)) return error;
  const [kind, fix] = reasons[code]!;
  return new CapabilityError(kind, `${message}. ${fix}`, { cause: error, retryable: false, outcome });
}
