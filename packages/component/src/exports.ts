/**
 * What a component exports, for those who decide by that how to run it, without the engine:
 * `@spiderlightning/component/exports`.
 */
import { decodeExportNames } from './binary/decode.ts';

/**
 * The names of what a component exports. Nothing else of it is checked.
 *
 * @throws {ComponentError} `not-wasm`, `core-module` or `malformed`
 */
export function readExportNames(bytes: Uint8Array): string[] {
  return decodeExportNames(bytes);
}
