/**
 * What the Web has and QuickJS has not. The build puts these in the place of the globals of the same names, and only
 * where an app uses them.
 * @module
 */
export { console } from './console.ts';
export { crypto } from './random.ts';
export { TextDecoder, TextEncoder } from './text.ts';
export { URL, URLSearchParams } from './url.ts';
