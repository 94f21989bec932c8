import { readFile } from 'node:fs/promises';
import { SlightfileError } from './error.ts';
import type { SecretsSettings, Slightfile } from './model.ts';
import { type ParseOptions, parseSecretsSettings, parseSlightfile } from './parse.ts';

/**
 * Reads a slightfile from disk; `path` is shown in errors as it is given.
 * @throws {SlightfileError} where the file cannot be read or used
 */
export async function readSlightfile(path: string, options: ParseOptions): Promise<Slightfile> {
  return parseSlightfile(await readText(path), path, options);
}

/**
 * Reads from a slightfile where its secrets are, and nothing else.
 * @throws {SlightfileError} as `readSlightfile`
 */
export async function readSecretsSettings(
  path: string,
  options: Pick<ParseOptions, 'env' | 'target'>,
): Promise<SecretsSettings> {
  return parseSecretsSettings(await readText(path), path, options);
}

async function readText(path: string): Promise<string> {
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
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const problem = { message: 'the file is not text in UTF-8', fix: 'save it as UTF-8' };
    throw new SlightfileError(path, '', [problem], error);
  }
}
