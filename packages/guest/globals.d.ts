// The interfaces of WIT come with the globals.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./wit.d.ts" />
/**
 * The globals of a guest besides JavaScript's own. There is no DOM and no Node here: what is not declared does not
 * exist at run time either. Use it with `"types": ["@spiderlightning/guest/globals"]` in tsconfig.json.
 */
type Platform = typeof import('@spiderlightning/guest/platform');

declare const console: Platform['console'];
declare const crypto: Platform['crypto'];

declare const TextDecoder: Platform['TextDecoder'];
type TextDecoder = InstanceType<Platform['TextDecoder']>;
declare const TextEncoder: Platform['TextEncoder'];
type TextEncoder = InstanceType<Platform['TextEncoder']>;

declare const URL: Platform['URL'];
type URL = InstanceType<Platform['URL']>;
declare const URLSearchParams: Platform['URLSearchParams'];
type URLSearchParams = InstanceType<Platform['URLSearchParams']>;

declare const AbortController: Platform['AbortController'];
type AbortController = InstanceType<Platform['AbortController']>;
declare const AbortSignal: Platform['AbortSignal'];
type AbortSignal = import('@spiderlightning/guest/platform').AbortSignal;
declare const DOMException: Platform['DOMException'];
type DOMException = InstanceType<Platform['DOMException']>;

/** Asks a server that `hosts` below `[outgoing]` of the slightfile lists. @throws {CapabilityError} where it does not answer */
declare const fetch: Platform['fetch'];
declare const Headers: Platform['Headers'];
type Headers = InstanceType<Platform['Headers']>;
declare const Request: Platform['Request'];
type Request = InstanceType<Platform['Request']>;
declare const Response: Platform['Response'];
type Response = InstanceType<Platform['Response']>;

declare const setTimeout: Platform['setTimeout'];
declare const setInterval: Platform['setInterval'];
declare const clearTimeout: Platform['clearTimeout'];
declare const clearInterval: Platform['clearInterval'];
declare const structuredClone: Platform['structuredClone'];

/** Time since an arbitrary moment. */
declare const performance: {
  /** Milliseconds. */
  now(): number;
};
/** Base64 of a string of bytes (characters up to U+00FF). */
declare function btoa(data: string): string;
/** The other way round. */
declare function atob(data: string): string;
declare function queueMicrotask(callback: () => void): void;
