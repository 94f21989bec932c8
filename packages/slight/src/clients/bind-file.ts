import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { OpenContext } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';

/**
 * The text of a file that a setting beside a bind names; a relative path lies beside the slightfile.
 * @returns undefined where there is no such setting
 * @throws {CapabilityError} `invalid-argument` where it cannot be read
 */
export function readBindFile(
  { config, dataDir }: Pick<OpenContext, 'config' | 'dataDir'>,
  setting: string,
): string | undefined {
  const given = config[setting];
  if (typeof given !== 'string') return undefined;
  const path = resolve(dirname(resolve(dataDir)), given);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CapabilityError(
      'invalid-argument',
      `the file ${path}, which \`${setting}\` names, cannot be read: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}

/**
 * Reads what may be renewed while the app runs: at once, and again whenever it is asked for, which is with each connection. Whoever
 * writes it anew may be at it just now, so what cannot be read is what it was the last time.
 * @throws what `read` throws, at first
 */
export function readRenewed<T>(read: () => T): () => T {
  let last = read();
  return () => {
    try {
      last = read();
    } catch {
      // The server says so where the former one is not good any more.
    }
    return last;
  };
}
