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
