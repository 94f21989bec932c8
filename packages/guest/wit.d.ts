// Written by scripts/generate-wit.ts. Change the WIT files and run it again.

/**
 * Objects in containers: bytes of any size under names, read and written as streams. A write is all or nothing. A
 * client reads its own writes. Names of containers are 1 to 255 bytes of UTF-8, names of objects 1 to 1,024. A container
 * that is not there is `not-found`; an object that is not there is none.
 */
declare module 'spiderlightning:cloud/blobs@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** What is known of a container. */
  export interface ContainerInfo {
    /** As it was created. */
    name: string;
    /** Milliseconds since 1970, where the backend knows. */
    created: number | null;
  }
  /** What is known of an object. */
  export interface ObjectInfo {
    /** As it was written. */
    name: string;
    /** Bytes. */
    size: number;
    /** When the name first had an object, in milliseconds since 1970, where the backend knows. */
    created: number | null;
    /** When the bytes were written, in milliseconds since 1970. */
    modified: number;
    /** As the write gave it. */
    contentType: string | null;
    /** Opaque. Two writes never share a version, also when the bytes are the same. */
    version: string;
  }
  /** Some of the bytes of an object. What lies beyond its end is not there. */
  export interface Range {
    /** The first byte, from 0. */
    offset: number;
    /** How many; none means to the end. */
    length: number | null;
  }
  /**
   * Guards the object that it is written on against a holder who has lost a lock without noticing. The object remembers
   * the highest token that it has seen of each lock, also after it was deleted, as long as its container is there. An
   * older token is `precondition-failed` and writes nothing. Writes without a fence pass.
   */
  export interface Fence {
    /** The name of the lock: 1 to 1,024 bytes of UTF-8. */
    lock: string;
    /** The token that came with the lock: an unsigned number of 64 bits, as decimal text. */
    token: string;
  }
  /**
   * How an object is written. Without options it takes the place of what is there. Both conditions are looked at when
   * the write is finished, and they exclude each other.
   */
  export interface WriteOptions {
    /** What the bytes are: `image/png`. */
    contentType: string | null;
    /** Fail with `already-exists` where an object is present. */
    onlyIfAbsent: boolean;
    /** Fail with `precondition-failed` where the object has another version or is gone. */
    ifVersion: string | null;
    /** A lock that the write is done under. */
    fence: Fence | null;
  }
  /** Names an object. */
  export interface ObjectId {
    /** The container that it is in. */
    container: string;
    /** Its name there. */
    name: string;
  }
  /** An object in a listing. */
  export interface ListedObject {
    /** Its name. */
    name: string;
    /** Bytes. */
    size: number;
    /** When the bytes were written, in milliseconds since 1970. */
    modified: number;
  }
  /** One page of a listing of objects. */
  export interface ObjectPage {
    /** May be empty on any page, also where more follow. */
    objects: ListedObject[];
    /** Pass it to the next call; none means that this was the last page. */
    cursor: string | null;
  }
  /** One page of a listing of containers. */
  export interface ContainerPage {
    /** May be empty on any page, also where more follow. */
    containers: string[];
    /** Pass it to the next call; none means that this was the last page. */
    cursor: string | null;
  }
  /** What whoever has a URL may do with it. */
  export type PresignMethod =
    /** Get the object. */
    | 'read'
    /** Put one in its place. */
    | 'write';
  /** A place for containers that the slightfile names. */
  export class Blobs {
    private constructor();
    /** Opens the place of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Blobs;
    /** Creates a container. One that is there is `already-exists`. */
    createContainer(name: string): void;
    /** Removes a container with all that is in it. Removing one that is missing is no error. */
    deleteContainer(name: string): void;
    /** Whether there is a container of this name. */
    containerExists(name: string): boolean;
    /** What is known of a container, or none. */
    containerInfo(name: string): ContainerInfo | null;
    /** The containers whose names begin with `prefix`, a page at a time, as `list` of a container gives objects. */
    listContainers(prefix: string | null, cursor: string | null, limit: number | null): ContainerPage;
    /** A container, to use what is in it. Whether it is there shows when it is used. */
    container(name: string): Container;
    /**
     * Gives the target the bytes and the content type of the source, all or nothing. A source that is not there is
     * `not-found`.
     */
    copy(source: ObjectId, target: ObjectId, fence: Fence | null): void;
    /** The same, and the source is gone; the fence guards both. Moving an object onto itself does nothing. */
    move(source: ObjectId, target: ObjectId, fence: Fence | null): void;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** A container of objects. */
  export class Container {
    private constructor();
    /** Begins to read an object, whole or in part, or gives none. */
    read(name: string, range: Range | null): ReadStream | null;
    /** Begins to write an object. Nobody sees anything of it before it is finished. */
    write(name: string, options: WriteOptions | null): WriteStream;
    /** Removes objects, up to 1,000 at once. Removing one that is missing is no error. */
    delete(names: string[], fence: Fence | null): void;
    /** Whether there is an object of this name. */
    has(name: string): boolean;
    /** What is known of an object, or none. */
    info(name: string): ObjectInfo | null;
    /**
     * The objects whose names begin with `prefix`, a page at a time. Every object that exists throughout the listing
     * appears in it; one may appear twice. The order is the backend's. `limit` is a wish: pages may be smaller or
     * larger.
     */
    list(prefix: string | null, cursor: string | null, limit: number | null): ObjectPage;
    /** Removes every object. */
    clear(): void;
    /**
     * A URL with which whoever has it may read or write one object, without asking the app, for so many milliseconds: a
     * second to a week.
     */
    presign(name: string, method: PresignMethod, expiresMs: number): string;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** The bytes of an object as they were when it was opened. Dropping it ends it. A request that ends, ends it too. */
  export class ReadStream {
    private constructor();
    /** What is known of the whole object. */
    info(): ObjectInfo;
    /**
     * The next bytes, at least one and at most `max` (and at most 1 MiB); none at the end. Where the backend cannot keep
     * what is read and the object changes meanwhile, it is `aborted`.
     */
    read(max: number): Uint8Array | null;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** An object on its way. Dropping it without `finish` leaves nothing of it, and so does a request that ends. */
  export class WriteStream {
    private constructor();
    /** Adds bytes, up to 4 MiB at once. Waits for the backend. After an error the stream is of no use any more. */
    write(bytes: Uint8Array): void;
    /** Puts the object there, whole, in the place of the one before; gives its version. */
    finish(): string;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Blobs: typeof Blobs; readonly Container: typeof Container; readonly ReadStream: typeof ReadStream; readonly WriteStream: typeof WriteStream };
  export default self;
}

/** What an app exports that runs once, from its start to its end, as a program does. */
declare module 'spiderlightning:cloud/command-handler@0.6.0' {
  /**
   * Runs it. The arguments are those of the command line after `--`. Gives the exit code; an error is printed, and its exit
   * code is 1.
   */
  export function run(args: string[]): Promise<number>;
  const self: { readonly run: typeof run };
  export default self;
}

/**
 * Settings of an app: texts under keys, from where the slightfile says. Keys are 1 to 1,024 bytes of UTF-8; values are
 * text, up to 1 MiB. What is secret is a type of its own, so that it is not shown by mistake.
 */
declare module 'spiderlightning:cloud/configs@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** A value that must not be shown: it goes nowhere by itself. */
  export class Secret {
    private constructor();
    /** The value, for the one place that needs it. */
    reveal(): string;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** The value of a key. */
  export type Value =
    /** One that may be shown. */
    | { tag: 'text'; val: string }
    /** One that must not. */
    | { tag: 'secret'; val: Secret };
  /** Configs that the slightfile names. */
  export class Configs {
    private constructor();
    /** Opens the configs of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Configs;
    /** The value of a key, or none. A key that the slightfile does not grant is `permission-denied`. */
    get(key: string): Value | null;
    /** Every key that has a value, each once, with its value; the order is the backend's. */
    getAll(): [string, Value][];
    /** Gives a key a value. A key whose value was secret keeps it secret. */
    set(key: string, value: string): void;
    /** Begins to watch all keys. */
    watch(): Watch;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** Tells of changes. Dropping it ends it. */
  export class Watch {
    private constructor();
    /**
     * The keys whose value has changed, come or gone since the answer before, or since the watch began; waits for up to
     * `wait-ms` milliseconds until there is one, and answers none then. Of several changes of a key the last is told.
     */
    next(waitMs: number): string[];
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Secret: typeof Secret; readonly Configs: typeof Configs; readonly Watch: typeof Watch };
  export default self;
}

/**
 * Speaks on connections that the host holds, wherever they are held: in this process or another one of the same host, and by
 * other hosts where the slightfile names the messages that reach them (`[http] channels`), each host's in its own order.
 * Always granted. What one call sends arrives in that order, and all connections see the broadcasts of a channel in
 * the same order. Delivery is at most once: a client that is away, or too slow, misses what is sent meanwhile.
 */
declare module 'spiderlightning:cloud/connections@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** What is sent or was received. */
  export type Content =
    /** Text. */
    | { tag: 'text'; val: string }
    /** Bytes. Event streams carry text alone: there they arrive in base64. */
    | { tag: 'binary'; val: Uint8Array };
  /** One message to clients. Its content has at most the host's `limits.message` bytes. */
  export interface Message {
    /** The message itself. */
    content: Content;
    /** The type of the event, for event streams; websockets have none. */
    event: string | null;
    /** The id of the event, for event streams: a client that comes back tells the last one that it saw. */
    id: string | null;
  }
  /** Sends to every connection that is on the channel now. That there is none is no error. */
  export function broadcast(channel: string, message: Message): void;
  /** Sends to one connection. That it is gone is no error. */
  export function send(connection: string, message: Message): void;
  /** Ends a connection, after what was sent on it before. Messages of its client are told no more. Websockets close with the code (1000, 1011, or 3000 to 4999) and the reason, up to 123 bytes. */
  export function close(connection: string, code: number, reason: string): void;
  /** Puts a connection on one more channel, up to 64: beyond that nothing happens, and the host's log says so. */
  export function join(connection: string, channel: string): void;
  /** Takes a connection off a channel. */
  export function leave(connection: string, channel: string): void;
  const self: { readonly broadcast: typeof broadcast; readonly send: typeof send; readonly close: typeof close; readonly join: typeof join; readonly leave: typeof leave };
  export default self;
}

/**
 * What an app exports that wants to hear of the connections that the host holds for it. The events of one connection
 * come one after the other; each gets an instance as a request does, under the same limits, and finds done what the one
 * before did in `connections`. An event that traps ends its connection (websockets: code 1011).
 */
declare module 'spiderlightning:cloud/held-handler@0.6.0' {
  import type { Content } from 'spiderlightning:cloud/connections@0.6.0';
  /** A connection, as it is now. */
  export interface Connection {
    /** Names it in `connections`. */
    id: string;
    /** The channels that it is on. */
    channels: string[];
    /** What the app gave when it answered `hold`. */
    context: Uint8Array;
  }
  /**
   * The connection is there; broadcasts reach it from now on. `last-event-id` is what the client of an event stream
   * saw last, where it comes back.
   */
  export function onOpen(connection: Connection, lastEventId: string | null): Promise<void>;
  /** The client of a websocket sent a message. The host reads no further until this is over. */
  export function onMessage(connection: Connection, message: Content): Promise<void>;
  /**
   * The connection is gone, with the close code and reason of a websocket (1006: without any; 1001: the host stops).
   * At most once: a host that dies tells nobody.
   */
  export function onClose(connection: Connection, code: number, reason: string): Promise<void>;
  const self: { readonly onOpen: typeof onOpen; readonly onMessage: typeof onMessage; readonly onClose: typeof onClose };
  export default self;
}

/**
 * Reads the body of the request that is being answered, as it comes. Always granted. An app that imports this gets
 * larger bodies as `stream`; small ones still come whole.
 */
declare module 'spiderlightning:cloud/http-body@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /**
   * The next bytes, at least one and at most `max`; none at the end. Waits for the client, who is not asked for more
   * than what is read. Errors: `resource-exhausted` beyond `limits.body`, `timeout` where nothing came within the
   * host's `limits.deadline`, `aborted` where the request broke off, `not-found` where no body is on its way.
   */
  export function read(max: number): Uint8Array | null;
  const self: { readonly read: typeof read };
  export default self;
}

/** What an app that answers HTTP exports: one call for each request. */
declare module 'spiderlightning:cloud/http-handler@0.6.0' {
  import type { Request, Response } from 'spiderlightning:cloud/http-types@0.6.0';
  /** Answers one request. A trap is a 500 to the client and spoils no other request. */
  export function handle(req: Request): Promise<Response>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/** What an app exports that answers with `stream`. */
declare module 'spiderlightning:cloud/http-stream@0.6.0' {
  /** What `next` gives. */
  export type Piece =
    /** More of the body. */
    | { tag: 'bytes'; val: Uint8Array }
    /** There is no more: the body is whole. */
    | { tag: 'end' }
    /** There is no more, and the body is not whole: the connection ends in such a way that no client takes it for whole. */
    | { tag: 'failed' };
  /**
   * The next piece of the body. Called on the instance that answered, when the client has taken
   * most of the pieces before, and never again once the client is gone. Limits of time hold for each call. A trap is
   * as good as `failed`.
   */
  export function next(): Promise<Piece>;
  const self: { readonly next: typeof next };
  export default self;
}

/**
 * What an app that answers HTTP exports in the place of `http-handler` where its language is interpreted: there each string
 * and each record that crosses costs more than the bytes in it, so that what always crosses is one text.
 */
declare module 'spiderlightning:cloud/http-text-handler@0.6.0' {
  import type { RequestBody, Response } from 'spiderlightning:cloud/http-types@0.6.0';
  /** An answer. */
  export type Answer =
    /**
     * All of it in one text, with a line feed after each line: the status; for each header a line with its name and one with
     * its value; an empty line; and the body, to the end of the text. Names and values hold no line feed.
     */
    | { tag: 'text'; val: string }
    /** One that is no text, or has more than bytes. */
    | { tag: 'whole'; val: Response };
  /**
   * Answers one request. `head` has a line each, ended by a line feed, for the method, the URL, the address of the client, the
   * id, and for each header its name and its value, as in `request`. `body`: none where the request has none.
   */
  export function handle(head: string, body: RequestBody | null): Promise<Answer>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/** Requests, and what apps answer. */
declare module 'spiderlightning:cloud/http-types@0.6.0' {
  /** The body of a request, of at most the host's `limits.body`. */
  export type RequestBody =
    /** The whole of it; empty where the request has none. */
    | { tag: 'bytes'; val: Uint8Array }
    /** Still on its way: `http-body` reads it. Only apps that import that interface get this. */
    | { tag: 'stream' };
  /** One request. */
  export interface Request {
    /** As on the wire: upper case for the standard methods. */
    method: string;
    /** Absolute: scheme, authority, path and query. */
    url: string;
    /** Names in lower case, in the order of arrival; a name may stand more than once. */
    headers: [string, string][];
    /** What the client sent along. */
    body: RequestBody;
    /** Address of the client, without its port. */
    remote: string;
    /** The host's name for this request, also in its log. */
    id: string;
  }
  /** How the host speaks on a connection that it holds. */
  export type HeldKind =
    /**
     * Server-sent events: status 200. The milliseconds after which a client that lost the connection should come back;
     * none leaves that to the client.
     */
    | { tag: 'event-stream'; val: number | null }
    /**
     * A websocket: status 101, or 426 where the client did not ask for one. The subprotocol that was chosen, one of
     * those that the client offered.
     */
    | { tag: 'websocket'; val: string | null };
  /** What the app wants to hear of a connection, through `held-handler`. */
  export interface HeldEvents {
    /** It is there. */
    open: boolean;
    /** The client sent a message. */
    message: boolean;
    /** It is gone. */
    close: boolean;
  }
  /** A connection for the host to keep. No instance of the app is held meanwhile. */
  export interface Hold {
    /** The protocol. */
    kind: HeldKind;
    /** What is broadcast on these channels is sent to the client. At most 64, of 1 to 256 bytes each. */
    channels: string[];
    /** The app's own, up to 64 KiB: it comes with every event of the connection. */
    context: Uint8Array;
    /** Which events run the app. */
    events: HeldEvents;
  }
  /** The body of an answer. */
  export type ResponseBody =
    /** The whole of it; left out on the wire where the protocol allows none (HEAD, 204, 304). */
    | { tag: 'bytes'; val: Uint8Array }
    /** The host asks for it piece by piece: the app exports `http-stream`. The head is sent at once. */
    | { tag: 'stream' }
    /** There is no end to it: the host keeps the connection. */
    | { tag: 'hold'; val: Hold };
  /** An answer. */
  export interface Response {
    /** 200 to 599. A connection that is held has the status of its protocol. */
    status: number;
    /**
     * At most 10,000; a name may stand more than once. The host adds `content-length`, `date` and
     * `x-request-id`.
     */
    headers: [string, string][];
    /** What follows the head. */
    body: ResponseBody;
  }
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
  /**
   * Guards the key that it is written on against a holder who has lost a lock without noticing. The key remembers the
   * highest token that it has seen of each lock, also after it was deleted or has expired. An older token is
   * `precondition-failed` and writes nothing. Writes without a fence pass.
   */
  export interface Fence {
    /** The name of the lock: 1 to 1,024 bytes of UTF-8. */
    lock: string;
    /** The token that came with the lock: an unsigned number of 64 bits, as decimal text. */
    token: string;
  }
  /** How `set` writes. Without options it overwrites and the value lives for ever. */
  export interface SetOptions {
    /** Milliseconds until the value is gone; none means for ever. A set without it removes an earlier one. */
    ttlMs: number | null;
    /** Fail with `already-exists` where a value is present. */
    onlyIfAbsent: boolean;
    /** Fail with `precondition-failed` where the key has seen a newer token. */
    fence: Fence | null;
  }
  /** How `compare-and-swap` writes. */
  export interface SwapOptions {
    /** Milliseconds until the value is gone; none means for ever. */
    ttlMs: number | null;
    /** Fail with `precondition-failed` where the key has seen a newer token, whatever its version. */
    fence: Fence | null;
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
  /** What a watch looks at. */
  export type WatchTarget =
    /** One key. */
    | { tag: 'key'; val: string }
    /** All keys that begin so; empty: all there are. */
    | { tag: 'prefix'; val: string };
  /** What happened to a key. */
  export type ChangeKind =
    /** It has another value. */
    | 'set'
    /** It has none any more: it was removed, or has expired. */
    | 'delete';
  /** A change of a key. Whoever wants the value reads it. */
  export interface Change {
    /** The key. */
    key: string;
    /** What happened last. */
    kind: ChangeKind;
    /** The version that stood when this was told, where the backend has versions. */
    version: string | null;
  }
  /** An answer of a watch. */
  export interface Changes {
    /** Each key once, up to 100 of them, with the latest of its changes; steps between may be left out. */
    changes: Change[];
    /** Changes were lost: read again what matters. */
    resync: boolean;
  }
  /** Tells of changes. Dropping it ends it. */
  export class Watch {
    private constructor();
    /**
     * What has changed since the answer before, or since the watch began, whoever changed it; waits for up to `wait-ms`
     * milliseconds until there is something, and answers no changes then.
     */
    next(waitMs: number): Changes;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
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
    delete(key: string, fence: Fence | null): void;
    /** Whether the key has a value. */
    exists(key: string): boolean;
    /**
     * The keys that begin with `prefix`, a page at a time. Every key that exists throughout the listing appears
     * in it; one may appear twice. The order is the backend's. `limit` is a wish: pages may be smaller or larger.
     */
    keys(prefix: string | null, cursor: string | null, limit: number | null): KeyPage;
    /**
     * The values of up to 100 keys, in their order: none where a key has no value. Others may write between two of
     * them. Values of more than 25 MiB together are `resource-exhausted`: ask for fewer.
     */
    getMany(keys: string[]): (Uint8Array | null)[];
    /**
     * Writes up to 100 values, of up to 25 MiB together, in this order; all live for `ttl-ms`, or for ever. It is not
     * promised that all are written or none: where it fails with the outcome `unknown`, some may be written.
     */
    setMany(entries: [string, Uint8Array][], ttlMs: number | null): void;
    /** Removes up to 100 keys. Where it fails with the outcome `unknown`, some may be gone. */
    deleteMany(keys: string[]): void;
    /**
     * Adds to a counter, atomically, and answers its new value as decimal text (some languages lose integers
     * above 2^53). A missing key starts at zero. A value that is no decimal is `invalid-argument`; an overflow of
     * 64 signed bits is `precondition-failed`.
     */
    increment(key: string, delta: number, fence: Fence | null): string;
    /** Writes the value where the key's version is still `expected`; none means that the key must be absent. */
    compareAndSwap(key: string, expected: string | null, value: Uint8Array, options: SwapOptions | null): SwapResult;
    /** Begins to watch. */
    watch(target: WatchTarget): Watch;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Watch: typeof Watch; readonly Store: typeof Store };
  export default self;
}

/**
 * Locks that exclude processes, wherever they run. At most one holder has a lock at a time, by the clock of whoever keeps it. A
 * holder that stood still for longer than its time may not know yet that it lost the lock: what protects then is the
 * token, which goes with every write, so that a write with an older one is refused. Names are 1 to 1,024 bytes of UTF-8.
 */
declare module 'spiderlightning:cloud/locks@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /**
   * A lock that the guest holds. The host renews it while the guest has it, also while the guest computes. Dropping it
   * releases it; what is left when a request ends is dropped.
   */
  export class Lease {
    private constructor();
    /** The name of the lock. */
    name(): string;
    /**
     * The fencing token, as decimal text (64 bits, and some languages lose integers above 2^53). It grows with every grant of
     * this name, for ever.
     */
    token(): string;
    /** Until when it is kept where the host cannot renew it any more: milliseconds since 1970, by the host's clock. */
    expires(): number;
    /** Whether it was lost: it expired, and another may have the lock. It never comes back. */
    lost(): boolean;
    /** Renews it now. `precondition-failed` where it was lost or released. */
    renew(): void;
    /**
     * Lets go of it. `precondition-failed` where it was lost before, or released: what was done under it may have met
     * another holder.
     */
    release(): void;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** Locks that the slightfile names, each with a name of its own. Dropping it drops the leases that came from it. */
  export class Locks {
    private constructor();
    /** Opens the locks of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Locks;
    /**
     * Acquires a lock; waits for up to `wait-ms` milliseconds while another holds it, and answers none then (after a
     * minute in any case). `ttl-ms` is how long the lock stays with a holder whose host is gone: 100 milliseconds to 24 hours.
     */
    acquire(name: string, ttlMs: number, waitMs: number): Lease | null;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Lease: typeof Lease; readonly Locks: typeof Locks };
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

/** What an app exports that works on messages. `[[subscription]]` of its slightfile says which ones the host brings. */
declare module 'spiderlightning:cloud/message-handler@0.6.0' {
  /** One message, on its way to the app for the first time or once more. */
  export interface Delivery {
    /** The same whenever the message comes again: for apps that must not do something twice. */
    id: string;
    /** The topic that it was published on. */
    topic: string;
    /** How often it was brought, from 1. */
    attempt: number;
    /** What it is about: messages of one key keep their order where the slightfile asks for that. */
    key: string | null;
    /** What the publisher sent along. */
    headers: [string, string][];
    /** The message itself. */
    body: Uint8Array;
    /** The publisher waits for a `reply`. */
    wantsReply: boolean;
  }
  /** Messages of one subscription that came together. */
  export interface Batch {
    /** The subscription's name in the slightfile. */
    subscription: string;
    /** At least one, at most as many as the slightfile allows. */
    deliveries: Delivery[];
    /** The host's name for this call, also in its log. */
    id: string;
  }
  /** What becomes of a message. */
  export type Verdict =
    /** It is done. */
    | { tag: 'ack' }
    /** It is done, and this is for whoever waits for a reply to it. */
    | { tag: 'reply'; val: Uint8Array }
    /** It failed, and should come again: after so many milliseconds, or when the slightfile says. */
    | { tag: 'nack'; val: number | null }
    /** It can never be done: it goes to the dead letters, with this reason. */
    | { tag: 'dead'; val: string };
  /**
   * Works on messages; one verdict for each, in their order. An error, a trap and a missed deadline are a `nack` of all
   * of them. The host keeps the messages from others meanwhile.
   */
  export function handle(batch: Batch): Promise<Verdict[]>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/**
 * Messages on topics, for groups of consumers. What was published reaches every group that there was then, at least once,
 * until the group says that it is done. Topics are parts with dots between (`orders.created`), up to 200 characters;
 * bodies are bytes, up to 1 MiB.
 */
declare module 'spiderlightning:cloud/messaging@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** What is sent along: a name, and a line of text. */
  export type Header = [string, string];
  /** How a message is published. */
  export interface PublishOptions {
    /** Up to 8 KiB of them. */
    headers: Header[];
    /**
     * What it is about, 1 to 256 bytes. Where the slightfile says `order = "key"`, a group works on messages of one key
     * one after the other, as they were published.
     */
    key: string | null;
    /** Milliseconds until it may be received. */
    delayMs: number | null;
    /**
     * 1 to 128 bytes. For five minutes another publish with this id does nothing, so one that may have failed can be
     * repeated.
     */
    id: string | null;
  }
  /** What was sent to everyone, or in reply. */
  export interface Message {
    /** No other message has it. */
    id: string;
    /** The topic that it was sent to; of a reply that of the request. */
    topic: string;
    /** What was sent along. */
    headers: Header[];
    /** The message itself. */
    body: Uint8Array;
  }
  /** A message of a group, in the hands of one of its members. */
  export interface Delivery {
    /** The same whenever the message comes again. */
    id: string;
    /** The topic that it was published on. */
    topic: string;
    /** What it is about. */
    key: string | null;
    /** What was sent along. */
    headers: Header[];
    /** The message itself. */
    body: Uint8Array;
    /** How often the group was given it, from 1. After as many as the slightfile allows it goes to the dead letters. */
    attempt: number;
    /** For the answer to this delivery. */
    receipt: string;
    /** Somebody waits for a `reply`. */
    wantsReply: boolean;
  }
  /**
   * A member of a group. The host keeps what it was given from others while it works; what it has not answered when it
   * is dropped has failed, and comes again.
   */
  export class Subscription {
    private constructor();
    /** Up to `max` messages; waits for the first, up to `wait-ms` milliseconds, and answers none then. */
    receive(max: number, waitMs: number): Delivery[];
    /**
     * They are done. Where one has meanwhile been given to another member it is `precondition-failed`; the others are done
     * all the same.
     */
    ack(receipts: string[]): void;
    /** It is not done and comes again: after so many milliseconds, or when the slightfile says. */
    nack(receipt: string, delayMs: number | null): void;
    /** It can never be done: it goes to the dead letters, with this reason. */
    dead(receipt: string, reason: string): void;
    /** Answers a message that wants a reply, and is done with it. */
    reply(receipt: string, body: Uint8Array, headers: Header[]): void;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** Hears what is broadcast. Dropping it ends it. */
  export class Listener {
    private constructor();
    /**
     * Up to `max` messages that came since the answer before; waits for the first, up to `wait-ms` milliseconds, and
     * answers none then. Who is slow may miss some.
     */
    next(max: number, waitMs: number): Message[];
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** Messages under a name of the slightfile. */
  export class Messages {
    private constructor();
    /** Opens the messages of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Messages;
    /** Answers the message's id once it is stored for every group that has the topic; where none has it, for nobody. */
    publish(topic: string, body: Uint8Array, options: PublishOptions | null): string;
    /**
     * Makes a group of this name, or gives it other topics, and becomes a member. `*` stands for one part of a topic, and
     * `>` at the end for all that follow. The group stays when its members have gone. A queue has one group, which is
     * there already: `precondition-failed`.
     */
    subscribe(group: string, topics: string[]): Subscription;
    /** Becomes a member of a group that is there; of a queue's it is called `queue`. */
    join(group: string): Subscription;
    /** Removes a group, with all that it has. One that is missing is no error. */
    unsubscribe(group: string): void;
    /** Sends to everyone who listens now, in every process: at most once, and to nobody later. */
    broadcast(topic: string, body: Uint8Array, headers: Header[]): void;
    /** Begins to hear what is broadcast on these topics. */
    listen(topics: string[]): Listener;
    /** Publishes, and waits for the first reply, up to `wait-ms` milliseconds. No group has the topic: `not-found`. */
    request(topic: string, body: Uint8Array, headers: Header[], waitMs: number): Message;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Subscription: typeof Subscription; readonly Listener: typeof Listener; readonly Messages: typeof Messages };
  export default self;
}

/**
 * Asks other servers over HTTP. Granted by `[outgoing]` in the slightfile, which lists the servers: any other is
 * `permission-denied`. The host never repeats a request by itself, and ends what is left when the app's own request ends.
 */
declare module 'spiderlightning:cloud/outgoing-http@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /** What is sent along. */
  export type RequestBody =
    /** Nothing. */
    | { tag: 'none' }
    /** The whole of it. */
    | { tag: 'bytes'; val: Uint8Array }
    /** `write` and `finish` give it. */
    | { tag: 'stream' };
  /** What is done where the answer leads elsewhere (status 301, 302, 303, 307, 308 with `location`). */
  export type Redirect =
    /**
     * Go there, up to 10 times, where the slightfile lists the server. `authorization` and `cookie` stay behind where
     * the origin is another one.
     */
    | 'follow'
    /** Give the answer as it is. */
    | 'manual'
    /** Fail with `precondition-failed`. */
    | 'error';
  /** What to ask. */
  export interface Request {
    /** As it is sent. */
    method: string;
    /** Absolute, `http` or `https`, without a user and password. */
    url: string;
    /**
     * A name may stand more than once. Those that concern the connection (`host`, `content-length`,
     * `transfer-encoding`, `connection` …) are the host's: they are `invalid-argument`.
     */
    headers: [string, string][];
    /** What follows the head. */
    body: RequestBody;
    /** What is done with redirects. */
    redirect: Redirect;
    /** Milliseconds until the head of the answer must have come; none, and what is more, means the host's bound. */
    timeoutMs: number | null;
  }
  /** The head of an answer. */
  export interface Response {
    /** 200 to 599, or what the server takes for a status. */
    status: number;
    /** Names in lower case, in the order of arrival; a name may stand more than once. */
    headers: [string, string][];
    /** Where the answer came from: another URL than the request's after redirects. */
    url: string;
    /** Whether there were redirects. */
    redirected: boolean;
  }
  /** One request with its answer. Dropping it ends both. */
  export class Exchange {
    private constructor();
    /** Begins, and waits for nothing: several may be under way. `resource-exhausted` beyond the host's bound. */
    static send(request: Request): Exchange;
    /** More of the request's body. Waits until there is room. What comes after the server has answered is left out. */
    write(bytes: Uint8Array): void;
    /** The request's body is whole. */
    finish(): void;
    /**
     * Waits for the head of the answer. Errors: `permission-denied` (not listed, or an address that is not public),
     * `unavailable` (no such server, refused, broken off), `timeout`. Where the server may have done what it was asked,
     * `outcome` is `unknown`.
     */
    response(): Response;
    /**
     * The next bytes of the answer's body, at least one and at most `max`; none at the end. The server is not asked for
     * more than what is read. Waits for the head first.
     */
    read(max: number): Uint8Array | null;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /**
   * Waits until one of these has something: `response`, or after it `read`, would not wait. Answers their places in the
   * list; none after that many milliseconds.
   */
  export function wait(exchanges: Exchange[], waitMs: number): number[];
  const self: { readonly Exchange: typeof Exchange; readonly wait: typeof wait };
  export default self;
}

/** What an app exports that does something at certain times. `[[schedule]]` of its slightfile says when. */
declare module 'spiderlightning:cloud/schedule-handler@0.6.0' {
  /** A time has come. */
  export interface Event {
    /** The schedule's name in the slightfile. */
    name: string;
    /**
     * The time that was planned, in milliseconds since 1970 (UTC). It is a little in the past, or further where the host
     * was late.
     */
    time: number;
    /** The host's name for this call, also in its log. */
    id: string;
  }
  /** Does what is to be done at that time. An error and a trap are written to the log; the next time comes all the same. */
  export function handle(event: Event): Promise<void>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/**
 * Relational databases, in SQL as the database behind the name speaks it. Values are bound to the `?` of a statement, never
 * pasted into it. A statement has up to 1 MiB, its values together up to 25 MiB.
 */
declare module 'spiderlightning:cloud/sql@0.6.0' {
  import type { Error } from 'spiderlightning:cloud/types@0.6.0';
  /**
   * One value. A database that lacks a type keeps it in another one: SQLite gives a boolean, a decimal, a date, a time
   * and a timestamp back as such only from a column that was declared so.
   */
  export type Value =
    /** Nothing is known. */
    | { tag: 'null' }
    /** True or false. */
    | { tag: 'boolean'; val: boolean }
    /** 64 bits with a sign, as decimal text: some languages lose integers above 2^53. */
    | { tag: 'integer'; val: string }
    /** A floating-point number. NaN is no value. */
    | { tag: 'float'; val: number }
    /** An exact number: `-12.50`. */
    | { tag: 'decimal'; val: string }
    /** Text. */
    | { tag: 'text'; val: string }
    /** Bytes. */
    | { tag: 'blob'; val: Uint8Array }
    /** A day: `2027-01-31`. */
    | { tag: 'date'; val: string }
    /** A time of the day: `23:59:59.123`. */
    | { tag: 'time'; val: string }
    /** Both, where need be with an offset: `2027-01-31T23:59:59.123Z`. */
    | { tag: 'timestamp'; val: string };
  /** A column of an answer. */
  export interface Column {
    /** Its name. */
    name: string;
    /** The type that it was declared with, in the words of the database; none for an expression. */
    declared: string | null;
  }
  /** One statement. */
  export interface Statement {
    /** Its text. Each `?` stands for the next parameter. */
    text: string;
    /** As many values as there are marks. */
    parameters: Value[];
  }
  /** What a statement did. */
  export interface Changes {
    /** Rows that were inserted, updated or deleted. */
    rows: number;
    /** The number that the last inserted row got, as decimal text; none where the database does not tell. */
    lastInsertId: string | null;
  }
  /** The rows of a query. Dropping it lets go of those that were not read. */
  export class Rows {
    private constructor();
    /** The columns, in the order of a row's values. */
    columns(): Column[];
    /** The next rows, in their order; an empty list means that there are no more. */
    next(): Value[][];
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** A statement that was looked at once, to be run with different parameters. */
  export class Prepared {
    private constructor();
    /** Runs it and gives its rows. */
    query(parameters: Value[]): Rows;
    /** Runs it and tells what it did. */
    execute(parameters: Value[]): Changes;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /**
   * Statements that happen together or not at all. Dropping it undoes them, and so does the end of the request. A statement
   * that fails fails all of them: what follows is `aborted`.
   */
  export class Transaction {
    private constructor();
    /** Runs a statement and gives its rows. */
    query(text: string, parameters: Value[]): Rows;
    /** Runs a statement and tells what it did. */
    execute(text: string, parameters: Value[]): Changes;
    /** Makes it last. A failure with an unknown outcome may have done so too. */
    commit(): void;
    /** Undoes all of it. */
    rollback(): void;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  /** A database that the slightfile names. */
  export class Database {
    private constructor();
    /** Opens the database of this name. A name that was not granted is `permission-denied`. */
    static open(name: string): Database;
    /** Runs a statement and gives its rows. What it writes is written by then, whether its rows are read or not. */
    query(text: string, parameters: Value[]): Rows;
    /**
     * Runs a statement and tells what it did. What is there already and must not be twice is `already-exists`; another
     * constraint that was broken is `precondition-failed`, or `invalid-argument` where the values themselves cannot be.
     */
    execute(text: string, parameters: Value[]): Changes;
    /** Runs up to 1,000 statements in their order: all of them happen, or none. */
    batch(statements: Statement[]): Changes[];
    /** Looks at a statement that is to be run several times. */
    prepare(text: string): Prepared;
    /**
     * Begins a transaction. One that is `read-only` writes nothing, keeps nobody from writing, and sees the data as it was
     * at its first statement throughout.
     */
    begin(readOnly: boolean): Transaction;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Rows: typeof Rows; readonly Prepared: typeof Prepared; readonly Transaction: typeof Transaction; readonly Database: typeof Database };
  export default self;
}

/** What a command prints. Elsewhere each line goes to the host's log. */
declare module 'spiderlightning:cloud/stdio@0.6.0' {
  /** Where text goes. */
  export type Output =
    /** For whoever uses the result. */
    | 'stdout'
    /** For whoever watches. */
    | 'stderr';
  /** Writes bytes as they are. */
  export function write(to: Output, bytes: Uint8Array): void;
  const self: { readonly write: typeof write };
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

/** What an app exports that follows changes of a store. `[[watch]]` of its slightfile says of which keys. */
declare module 'spiderlightning:cloud/watch-handler@0.6.0' {
  /** Keys have changed. Several changes of one key may come as one. */
  export interface Event {
    /** The watch's name in the slightfile. */
    name: string;
    /** The store that was written to. */
    store: string;
    /** The keys that were set or deleted: what they hold now is for `keyvalue` to say. */
    keys: string[];
    /** Changes may have been missed, as when the host was started: look at all that matters. */
    resync: boolean;
    /** The host's name for this call, also in its log. */
    id: string;
  }
  /** Hears of changes, one event of a watch after the other. After an error or a trap the event comes again. */
  export function handle(event: Event): Promise<void>;
  const self: { readonly handle: typeof handle };
  export default self;
}

/** Time that never goes back. Only what JavaScript guests use of the standard interface. */
declare module 'wasi:clocks/monotonic-clock@0.2.12' {
  import type { Pollable } from 'wasi:io/poll@0.2.12';
  /** Nanoseconds. */
  export type Duration = number;
  /** Something that is ready after that time. */
  export function subscribeDuration(when: Duration): Pollable;
  const self: { readonly subscribeDuration: typeof subscribeDuration };
  export default self;
}

/** Waiting for something to happen. Only what JavaScript guests use of the standard interface. */
declare module 'wasi:io/poll@0.2.12' {
  /** Something that becomes ready once. */
  export class Pollable {
    private constructor();
    /** Returns when it is ready. The whole guest waits meanwhile. */
    block(): void;
    /** Lets go of it at once; otherwise it lives as long as the call. */
    [Symbol.dispose](): void;
  }
  const self: { readonly Pollable: typeof Pollable };
  export default self;
}

/** Randomness fit for secrets. Only what JavaScript guests use of the standard interface. */
declare module 'wasi:random/random@0.2.12' {
  /** That many fresh bytes. */
  export function getRandomBytes(len: number): Uint8Array;
  const self: { readonly getRandomBytes: typeof getRandomBytes };
  export default self;
}
