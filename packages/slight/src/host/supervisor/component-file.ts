import { readFile } from 'node:fs/promises';
import { StartError } from '../log/start-error.ts';

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
};

/**
 * The bytes of a component.
 * @throws {StartError} where it cannot be read
 */
export async function readComponent(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fix =
      code === 'EACCES'
        ? 'check the permissions of the file and its folders'
        : 'build it (slight build), or correct the path: component below [app], or slight run APP';
    throw new StartError(`the component ${path} cannot be read: ${reasons[code] ?? code}\n  fix: ${fix}`, {
      cause: error,
    });
  }
}
