import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapabilityError } from './error.ts';

/**
 * Imports a client library on first use. The specifier stands in the caller's own file, so Node looks for it from
 * there upwards, in the host's own installation, never in the app's folder.
 * @param spec the library as `name@version`, for the error where it is missing
 * @param needed all that the backend needs, for the same error: who installs one of them is not to be told of the next then
 * @throws {CapabilityError} `unsupported` with the command that installs it
 */
export async function importPackage<Module>(
  spec: string,
  load: () => Promise<Module>,
  needed: readonly string[] = [spec],
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const name = spec.slice(0, spec.lastIndexOf('@'));
    const missing = error as { code?: string; message?: string };
    if (missing.code !== 'ERR_MODULE_NOT_FOUND' || !missing.message?.includes(`'${name}'`)) throw error;
    const install = installCommand(needed.join(' '), fileURLToPath(import.meta.url), process.cwd());
    throw new CapabilityError(
      'unsupported',
      // A bind stands on the first line, where everything between `//` and an `@` is hidden as a credential: without
      // its scope a name has none, and the command is on a line of its own.
      `the client library ${name.replace(/^@/, '')} is not installed beside slight\n  fix: ${install}`,
    );
  }
}

/**
 * The command that installs libraries, with spaces between, where this host finds them: for `file` of it, and somebody whose shell is in `folder`.
 * Another project's node_modules, or the app's, would not help.
 */
export function installCommand(specs: string, file: string, folder: string): string {
  const at = file.indexOf(`${sep}node_modules${sep}`);
  const home = at < 0 ? undefined : file.slice(0, at);
  if (home === undefined || home === folder) return `npm install ${specs}`;
  // Only a folder of a project has a package.json; the one of global packages has none.
  if (!existsSync(join(home, 'package.json'))) return `npm install --global ${specs}`;
  return `npm install --prefix ${quote(home)} ${specs}`;
}

/** A word as this system's shell reads it. */
function quote(word: string): string {
  if (process.platform === 'win32') return `"${word}"`;
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
