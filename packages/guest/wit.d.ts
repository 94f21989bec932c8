// Written by scripts/generate-wit.ts. Change the WIT files and run it again.

/** What an app that answers HTTP exports: one call for each request. */
declare module 'spiderlightning:cloud/http-handler@0.6.0' {
  /** A request, with its body read whole (within the host's `limits.body`). */
  export interface Request {
    /** As on the wire: upper case for the standard methods. */
    method: string;
    /** Absolute: scheme, authority, path and query. */
    url: string;
    /** Names in lower case, in the order of arrival; a name may stand more than once. */
    headers: [string, string][];
    /** Empty where the request has none. */
    body: Uint8Array;
    /** Address of the client, without its port. */
    remote: string;
    /** The host's name for this request, also in its log. */
    id: string;
  }
  /** An answer, sent whole. */
  export interface Response {
    /** 200 to 599. */
    status: number;
    /** A name may stand more than once. The host adds `content-length` and `date`. */
    headers: [string, string][];
    /** The whole of it; left out on the wire where the protocol allows none (HEAD, 204, 304). */
    body: Uint8Array;
  }
  /** Answers one request. A trap is a 500 to the client and spoils no other request. */
  export function handle(req: Request): Promise<Response>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/**
 * Values under keys. A client reads its own writes. Keys are 1 to 1,024 bytes of UTF-8; values are bytes,
 * up to 25 MiB.
 */
declare module 'spiderlightning:cloud/keyvalue@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** A value together with the version that this write gave it. */
  export interface Versioned {
    /** The bytes as they were written. */
    value: Uint8Array;
    /** Opaque. Two writes never share a version, also when the bytes are the same. */
    version: string;
  }
  /** How `set` writes. Without options it overwrites and the value lives for ever. */
  export interface SetOptions {
    /** Milliseconds until the value is gone; none means for ever. A set without it removes an earlier one. */
    ttlMs: number | null;
    /** Fail with `already-exists` where a value is present. */
    onlyIfAbsent: boolean;
  }
  /** What `compare-and-swap` found. */
  export type SwapResult =
    /** The value was written; this is its version. */
    | { tag: 'swapped'; val: string }
    /** The version was another one: nothing was written. Here is what stands there, or none. */
    | { tag: 'stale'; val: Versioned | null };
  /** One page of a listing. */
  export interface KeyPage {
    /** May be empty on any page, also where more follow. */
    keys: string[];
    /** Pass it to the next call; none means that this was the last page. */
    cursor: string | null;
  }
  /** A key-value store that the slightfile names. */
  export class Store {
    private constructor();
    /** Opens the store of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Store;
    /** The value of a key, or none. */
    get(key: string): Uint8Array | null;
    /** The value of a key with its version, or none. */
    getVersioned(key: string): Versioned | null;
    /** Writes a value. */
    set(key: string, value: Uint8Array, options: SetOptions | null): void;
    /** Removes a key. Removing one that is missing is no error. */
    delete(key: string): void;
    /** Whether the key has a value. */
    exists(key: string): boolean;
    /**
     * The keys that begin with `prefix`, a page at a time. Every key that exists throughout the listing appears
     * in it; one may appear twice. The order is the backend's. `limit` is a wish: pages may be smaller or larger.
     */
    keys(prefix: string | null, cursor: string | null, limit: number | null): KeyPage;
    /**
     * Adds to a counter, atomically, and answers its new value as decimal text (some languages lose integers
     * above 2^53). A missing key starts at zero. A value that is no decimal is `invalid-argument`; an overflow of
     * 64 signed bits is `precondition-failed`.
     */
    increment(key: string, delta: number): string;
    /** Writes the value where the key's version is still `expected`; none means that the key must be absent. */
    compareAndSwap(key: string, expected: string | null, value: Uint8Array, ttlMs: number | null): SwapResult;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Store: typeof Store };
  export default self;
}

/** Lines for the host's log. Always granted. */
declare module 'spiderlightning:cloud/logging@0.6.0' {
  /** How much a line matters. A host leaves out what lies below the level that its operator chose. */
  export type Level =
    /** Every step, for whoever looks for a fault in it. */
    | 'trace'
    /** What helps while an app is being written. */
    | 'debug'
    /** What went as it should. */
    | 'info'
    /** What went on all the same, and should be looked at. */
    | 'warn'
    /** What failed. */
    | 'error'
    /** What keeps the app from working at all. */
    | 'critical';
  /** Writes a line. `context` says which part of the app speaks and may be empty; fields are for programs to read. */
  export function log(level: Level, context: string, message: string, fields: [string, string][]): void;
  const self: { readonly log: typeof log };
  export default self;
}

/** What every capability of this package shares: one way to say that something went wrong. */
declare module 'spiderlightning:cloud/types@0.6.0' {
  /** Why an operation failed. The set is closed: every backend's failure is one of these. */
  export type ErrorCode =
    /** The thing named does not exist (a missing key is not an error: `get` answers none). */
    | 'not-found'
    /** The thing exists and the call asked for it not to. */
    | 'already-exists'
    /** The caller sent something that can never work: an empty key, a broken cursor, a value too large. */
    | 'invalid-argument'
    /** The app was not granted this. */
    | 'permission-denied'
    /** The backend refused the host's credentials. */
    | 'unauthenticated'
    /** The state is not the one that the call required. */
    | 'precondition-failed'
    /** A conflict ended the operation; repeat the whole of it. */
    | 'aborted'
    /** The backend cannot do this; the message names backends that can. */
    | 'unsupported'
    /** A quota or a limit is used up. */
    | 'resource-exhausted'
    /** The backend cannot be reached now. */
    | 'unavailable'
    /** No answer came within the deadline. */
    | 'timeout'
    /** The call was given up before it ended. */
    | 'cancelled'
    /** A defect of the host or of the backend. */
    | 'internal';
  /** Whether a failed write may have happened all the same. */
  export type Outcome =
    /** Nothing was written. */
    | 'none'
    /** The write may or may not have happened: read before you repeat it. */
    | 'unknown';
  /** A failed operation. */
  export interface Error {
    /** For programs to act on. */
    code: ErrorCode;
    /** What happened, where, and how to fix it: a sentence for a person. */
    message: string;
    /** Whether the same call may succeed later, unchanged. */
    retryable: boolean;
    /** Matters after a write; otherwise `none`. */
    outcome: Outcome;
  }
}

/** Randomness fit for secrets. Only what JavaScript guests use of the standard interface. */
declare module 'wasi:random/random@0.2.12' {
  /** That many fresh bytes. */
  export function getRandomBytes(len: number): Uint8Array;
  const self: { readonly getRandomBytes: typeof getRandomBytes };
  export default self;
}
