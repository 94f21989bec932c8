import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';
import type { Fence } from '../core/fence.ts';

export type { Fence } from '../core/fence.ts';

/** What a backend may be able to do beyond the core. Undeclared: the portable layer answers `unsupported`. */
export type BlobsFeature =
  | 'ordered' // `list` and `listContainers` give names in the order of their UTF-8 bytes
  | 'only-if-absent'
  | 'if-version' // ABA-safe
  | 'fence' // writes that carry a lock's token
  | 'presign'
  | 'durable' // finished objects survive the death of this process
  | 'durable-server' // … where the server is set up for it
  | 'shared'; // several processes see the same data

export interface ContainerInfo {
  readonly name: string;
  /** Milliseconds since 1970, where the backend knows. */
  readonly created?: number;
}

export interface ObjectInfo {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When the name first had an object, in milliseconds since 1970, where the backend knows. */
  readonly created?: number;
  /** When the bytes were written, in milliseconds since 1970. */
  readonly modified: number;
  readonly contentType?: string;
  /** Opaque; never used twice for one name, also not for equal bytes or after a deletion. */
  readonly version: string;
}

export interface ListOptions {
  readonly prefix?: string;
  /** From an earlier page; opaque. */
  readonly cursor?: string;
  /** A wish. Default 1,000. */
  readonly limit?: number;
}

export interface ContainerPage {
  readonly containers: string[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** What a listing says of an object. */
export type ListedObject = Pick<ObjectInfo, 'name' | 'size' | 'modified'>;

export interface ObjectPage {
  readonly objects: ListedObject[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** Bytes of an object: from `offset`, up to `length` of them or to the end. What lies beyond the end is not there. */
export interface Range {
  readonly offset: number;
  readonly length?: number;
}

/** The object remembers tokens as long as its container is there. */
export interface GuardOptions {
  readonly fence?: Fence;
}

export interface WriteOptions extends GuardOptions {
  readonly contentType?: string;
  /** Fail with `already-exists` where an object is present when the write is finished. */
  readonly onlyIfAbsent?: boolean;
  /** Fail with `precondition-failed` where the object has another version, or is gone, when the write is finished. */
  readonly ifVersion?: string;
}

export interface ObjectId {
  readonly container: string;
  readonly name: string;
}

export interface PresignOptions {
  /** What whoever has the URL may do: get the object, or put one in its place. */
  readonly method: 'read' | 'write';
  /** Milliseconds until the URL is of no use any more. */
  readonly expires: number;
}

/**
 * The bytes of one object as they were when it was opened, whatever becomes of the object meanwhile; a backend that
 * cannot keep them fails with `aborted` where they changed. One call at a time.
 */
export interface ReadStream {
  /** Of the whole object. */
  readonly info: ObjectInfo;
  /** The next bytes, at least one and at most `max`; undefined at the end. One that failed has taken nothing. */
  read(max: number): MaybePromise<Uint8Array | undefined>;
  /** Lets go of it. Closing twice is fine, and so is closing while `read` is under way. */
  close(): MaybePromise<void>;
}

/** An object on its way. Nobody sees anything of it until it is finished. One call at a time. */
export interface WriteStream {
  write(bytes: Uint8Array): MaybePromise<void>;
  /**
   * Puts the object there, whole, in the place of the one before; gives its version. `not-found`: the container is gone;
   * `already-exists`, `precondition-failed`: as the options say. A fence is looked at before the conditions.
   */
  finish(): MaybePromise<string>;
  /** Leaves nothing of it, unless it was finished. Aborting twice is fine, and so is aborting while a call is under way. */
  abort(): MaybePromise<void>;
}

/**
 * One opened place for containers of objects: what backends implement, what the portable layer wraps, what dialects
 * call. Every method fails with a `CapabilityError` only; a container that is not there is `not-found`, an object that
 * is not there is none. Arguments reach a backend checked: names of containers of 1 to 255 bytes of UTF-8, names of
 * objects of 1 to 1,024, whole numbers in ranges, no two conditions at once.
 */
export interface Blobs extends Opened {
  /** `already-exists` where it is there. */
  createContainer(name: string): MaybePromise<void>;
  /** Removes it with all that is in it. A missing one is no error. */
  deleteContainer(name: string): MaybePromise<void>;
  containerExists(name: string): MaybePromise<boolean>;
  containerInfo(name: string): MaybePromise<ContainerInfo | undefined>;
  listContainers(options?: ListOptions): MaybePromise<ContainerPage>;

  read(container: string, name: string, range?: Range): MaybePromise<ReadStream | undefined>;
  write(container: string, name: string, options?: WriteOptions): MaybePromise<WriteStream>;
  /** A missing object is no error. */
  delete(container: string, names: readonly string[], options?: GuardOptions): MaybePromise<void>;
  has(container: string, name: string): MaybePromise<boolean>;
  info(container: string, name: string): MaybePromise<ObjectInfo | undefined>;
  list(container: string, options?: ListOptions): MaybePromise<ObjectPage>;
  /** Removes every object. */
  clear(container: string): MaybePromise<void>;
  /** Gives the target the bytes and the content type of the source, all or nothing. `not-found`: there is no source. */
  copy(source: ObjectId, target: ObjectId, options?: GuardOptions): MaybePromise<void>;
  /** The same, and the source is gone; a fence guards both. Onto itself it does nothing. */
  move(source: ObjectId, target: ObjectId, options?: GuardOptions): MaybePromise<void>;
  presign(container: string, name: string, options: PresignOptions): MaybePromise<string>;
}

export const blobsOperations: Operations<Blobs> = {
  createContainer: 'create-container',
  deleteContainer: 'delete-container',
  containerExists: 'container-exists',
  containerInfo: 'container-info',
  listContainers: 'list-containers',
  read: 'read',
  write: 'write',
  delete: 'delete',
  has: 'has',
  info: 'info',
  list: 'list',
  clear: 'clear',
  copy: 'copy',
  move: 'move',
  presign: 'presign',
};
