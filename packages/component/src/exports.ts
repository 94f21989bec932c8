/**
 * What a component exports and imports, for those who decide by that how to run it, without the engine:
 * `@spiderlightning/component/exports`.
 */
import { decodeNames } from './binary/decode.ts';

/**
 * The names of what a component exports. Nothing else of it is checked.
 *
 * @throws {ComponentError} `not-wasm`, `core-module` or `malformed`
 */
export function readExportNames(bytes: Uint8Array): string[] {
  return decodeNames(bytes, 'export');
}

/** The same of what it imports. */
export function readImportNames(bytes: Uint8Array): string[] {
  return decodeNames(bytes, 'import');
}
