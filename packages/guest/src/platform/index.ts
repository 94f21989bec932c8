/**
 * What the Web has and QuickJS has not. The build puts these in the place of the globals of the same names, and only
 * where an app uses them.
 * @module
 */
export { AbortController, AbortSignal } from './abort.ts';
export { structuredClone } from './clone.ts';
export { console } from './console.ts';
export { DOMException } from './dom-exception.ts';
export { crypto } from './random.ts';
export { TextDecoder, TextEncoder } from './text.ts';
export { clearInterval, clearTimeout, setInterval, setTimeout } from './timers.ts';
export { URL, URLSearchParams } from './url.ts';
export { fetch } from './web/fetch.ts';
export { Headers } from './web/headers.ts';
export { Request } from './web/request.ts';
export { Response } from './web/response.ts';
