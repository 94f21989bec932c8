import { CapabilityError } from './error.ts';

/**
 * Imports a client library on first use. The specifier stands in the caller's own file, so Node looks for it from
 * there upwards, in the host's own installation, never in the app's folder.
 * @param spec the library as `name@version`, for the error where it is missing
 * @throws {CapabilityError} `unsupported` with the command that installs it
 */
export async function importPackage<Module>(spec: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const name = spec.slice(0, spec.lastIndexOf('@'));
    const missing = error as { code?: string; message?: string };
    if (missing.code !== 'ERR_MODULE_NOT_FOUND' || !missing.message?.includes(`'${name}'`)) throw error;
    throw new CapabilityError(
      'unsupported',
      // On a line of its own: before an `@` everything after `//` may be a credential, and a bind stands on the first.
      `the client library ${name} is not installed beside slight\n  fix: npm install ${spec}`,
    );
  }
}
