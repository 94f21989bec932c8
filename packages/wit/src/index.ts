import { fileURLToPath } from 'node:url';

/** Version of the `spiderlightning:cloud` package in `witPath`. */
export const witVersion = '0.6.0';

/** Absolute path of the folder with the WIT files of `spiderlightning:cloud`. */
export const witPath: string = fileURLToPath(new URL('../wit', import.meta.url));

/**
 * Absolute path of the folder with the parts of the standard system interfaces that the SDK calls itself: a folder
 * for each package.
 */
export const systemWitPath: string = fileURLToPath(new URL('../wit-system', import.meta.url));

export { loadWit } from './load.ts';
export { writeReference } from './markdown.ts';
export { parseWit } from './parse.ts';
export { writeTypes } from './typescript.ts';
export type {
  WitFunction,
  WitInterface,
  WitMember,
  WitPackage,
  WitType,
  WitTypeDef,
  WitUse,
  WitWorld,
} from './model.ts';
