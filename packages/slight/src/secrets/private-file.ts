import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SecretsError, describeSystem } from './error.ts';

/** The right to replace a file: nobody else has it meanwhile. */
export interface FileClaim {
  /** Writes what is to be in the file beside it, onto the disk. @throws {SecretsError} */
  write(text: string): void;
  /** Puts it in the file's place. @throws {SecretsError} */
  commit(): void;
  /** Without `commit`, the file stays as it is. */
  release(): void;
}

/** Where the next content of a file lies until it takes its place. */
export function nextOf(path: string): string {
  return `${path}.new`;
}

/**
 * Claims a file for its owner alone (0600), to be replaced whole; folders that are missing are made 0700.
 * @throws {SecretsError} while another process has the claim
 */
export function claimFile(path: string): FileClaim {
  const next = nextOf(path);
  let fd: number;
  let state: 'claimed' | 'written' | 'over' = 'claimed';
  const attempt = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      throw describeRefusal(path, error);
    }
  };
  attempt(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    fd = openSync(next, 'wx', 0o600);
  });
  return {
    write(text) {
      attempt(() => {
        writeFileSync(fd, text);
        fsyncSync(fd);
      });
      closeSync(fd);
      state = 'written';
    },
    commit() {
      attempt(() => {
        renameSync(next, path);
        state = 'over';
        flushFolder(dirname(path));
      });
    },
    release() {
      if (state === 'over') return;
      if (state === 'claimed') closeSync(fd);
      rmSync(next, { force: true });
      state = 'over';
    },
  };
}

/** A rename is on the disk when its folder is. Windows cannot open folders, and does not need it. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function describeRefusal(path: string, error: unknown): SecretsError {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
    return new SecretsError(
      `${path} is being written by another command`,
      `try again when that is done; where none runs, one was cut short: remove ${nextOf(path)}`,
    );
  }
  return new SecretsError(
    `${path} cannot be written ${describeSystem(error)}`,
    'check the permissions of its folder and the room on its disk',
    error,
  );
}
