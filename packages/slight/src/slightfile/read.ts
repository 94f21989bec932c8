import { readFile } from 'node:fs/promises';
import { SlightfileError } from './error.ts';
import type { Slightfile } from './model.ts';
import { type ParseOptions, parseSlightfile } from './parse.ts';

/**
 * Reads a slightfile from disk; `path` is shown in errors as it is given.
 * @throws {SlightfileError} where the file cannot be read or used
 */
export async function readSlightfile(path: string, options: ParseOptions): Promise<Slightfile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? { message: 'there is no such file', fix: 'name another with -c FILE' }
        : code === 'EISDIR'
          ? { message: 'this is a folder', fix: 'name the file in it with -c FILE' }
          : { message: `the file cannot be read (${code})`, fix: 'check that you may read it' };
    throw new SlightfileError(path, '', [reason], error);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const problem = { message: 'the file is not text in UTF-8', fix: 'save it as UTF-8' };
    throw new SlightfileError(path, '', [problem], error);
  }
  return parseSlightfile(text, path, options);
}
