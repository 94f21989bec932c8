import { readFile } from 'node:fs/promises';
import { StartError } from './start-error.ts';

/**
 * The bytes of a component.
 * @throws {StartError} where it cannot be read
 */
export async function readComponent(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new StartError(
      `the component ${path} cannot be read: ${reason}\n` +
        '  fix: build it (slight build), or correct the path: component below [app], or slight run APP',
      { cause: error },
    );
  }
}
