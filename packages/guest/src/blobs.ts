import { Blobs as WitBlobs } from '#cloud/blobs';
import type { Container as WitContainer } from 'spiderlightning:cloud/blobs@0.6.0';
import { makeReader, makeWriter, readAll, readInfo, readTime } from './blob-streams.ts';
import type { BlobInfo, BlobReader, BlobWriter } from './blob-streams.ts';
import { CapabilityError } from './error.ts';
import { useOpened } from './opened.ts';
import type { UseOpened } from './opened.ts';
import { TextDecoder } from './platform/text.ts';
import type { FenceOptions } from './store.ts';
import type { Piece } from './stream.ts';

/** What a listing says of an object. */
export type ListedBlob = Pick<BlobInfo, 'name' | 'size' | 'modified'>;

/** Some of the bytes of an object; what lies beyond its end is not there. */
export interface BlobRange {
  /** The first byte. Default: 0. */
  readonly offset?: number;
  /** Default: to the end. */
  readonly length?: number;
}

export interface BlobWriteOptions extends FenceOptions {
  /** What the bytes are: `image/png`. */
  readonly contentType?: string | undefined;
  /** Fail with `already-exists` where an object is present when the write is finished. */
  readonly onlyIfAbsent?: boolean;
  /** Fail with `precondition-failed` where the object has another version then, or is gone. */
  readonly ifVersion?: string | undefined;
}

export interface BlobListOptions {
  /** Only names that begin with it. */
  readonly prefix?: string;
  /** How many names a page should have: a wish, pages may be smaller or larger. */
  readonly limit?: number;
}

export interface BlobPage {
  readonly blobs: readonly ListedBlob[];
  /** Pass it on for the next page. Undefined: this was the last. */
  readonly cursor: string | undefined;
}

/** Names an object. */
export interface BlobId {
  readonly container: string;
  readonly name: string;
}

/** What an object is written from: all of it, or piece by piece. Text is kept as UTF-8. */
export type BlobSource = Piece | AsyncIterable<Piece> | Iterable<Piece>;

/**
 * Objects under names of 1 to 1,024 bytes of UTF-8. Every method may throw a CapabilityError: `not-found` where there is
 * no such container.
 */
export interface BlobContainer {
  readonly name: string;
  /** The bytes, or undefined where there is no object. All of them are in memory: read what is large piece by piece. */
  get(name: string, range?: BlobRange): Promise<Uint8Array | undefined>;
  /** The bytes as UTF-8. */
  getText(name: string): Promise<string | undefined>;
  /** Begins to read, or gives undefined where there is no object. */
  read(name: string, range?: BlobRange): Promise<BlobReader | undefined>;
  /** Writes an object whole, and gives its version. Where the source throws, nothing is written. */
  put(name: string, source: BlobSource, options?: BlobWriteOptions): Promise<string>;
  /** Begins to write. */
  write(name: string, options?: BlobWriteOptions): Promise<BlobWriter>;
  /** Removes one object, or up to 1,000. Removing one that is missing is no error. */
  delete(names: string | readonly string[], options?: FenceOptions): Promise<void>;
  has(name: string): Promise<boolean>;
  info(name: string): Promise<BlobInfo | undefined>;
  /** Every object that is there throughout the listing, once each; the order is the backend's. */
  list(options?: BlobListOptions): AsyncGenerator<ListedBlob, void, undefined>;
  /** One page. An object may appear on two pages, where others come and go meanwhile. */
  page(options?: BlobListOptions & { readonly cursor?: string | undefined }): Promise<BlobPage>;
  /** Removes every object. */
  clear(): Promise<void>;
  /** A URL with which whoever has it may read or write one object, for so many milliseconds. */
  presign(name: string, method: 'read' | 'write', expiresMs: number): Promise<string>;
}

/** A place for containers that the slightfile names. Every method may throw a CapabilityError. */
export interface Blobs {
  readonly name: string;
  /** A container, to use what is in it. Whether it is there shows when it is used. */
  container(name: string): BlobContainer;
  /** Creates a container. One that is there is `already-exists`. */
  createContainer(name: string): Promise<BlobContainer>;
  /** Creates it where it is missing. */
  ensureContainer(name: string): Promise<BlobContainer>;
  /** Removes a container with all that is in it. Removing one that is missing is no error. */
  deleteContainer(name: string): Promise<void>;
  hasContainer(name: string): Promise<boolean>;
  /** When it was created, where the backend knows; undefined where it is not there. */
  containerInfo(name: string): Promise<{ name: string; created: Date | undefined } | undefined>;
  /** The names of the containers. */
  containers(options?: BlobListOptions): AsyncGenerator<string, void, undefined>;
  /** Gives the target the bytes and the content type of the source, all or nothing. */
  copy(source: BlobId, target: BlobId, options?: FenceOptions): Promise<void>;
  /** The same, and the source is gone. */
  move(source: BlobId, target: BlobId, options?: FenceOptions): Promise<void>;
}

/**
 * The place of this name. It is opened by its first use, so a module's top level may call this: a name that the host does
 * not grant throws `permission-denied` there, not here.
 */
export function openBlobs(name: string): Blobs {
  const what = `the blobs "${name}"`;
  const use = useOpened(what, () => WitBlobs.open(name));
  const blobs: Blobs = {
    name,
    container: (container) => openContainer(container, what, use),
    createContainer: (container) =>
      use('createContainer', (wit) => wit.createContainer(container)).then(() => blobs.container(container)),
    ensureContainer: (container) =>
      blobs.createContainer(container).catch((error: unknown) => {
        if (error instanceof CapabilityError && error.code === 'already-exists')
          return blobs.container(container);
        throw error;
      }),
    deleteContainer: (container) => use('deleteContainer', (wit) => wit.deleteContainer(container)),
    hasContainer: (container) => use('hasContainer', (wit) => wit.containerExists(container)),
    containerInfo: (container) =>
      use('containerInfo', (wit) => {
        const info = wit.containerInfo(container);
        return info === null ? undefined : { name: info.name, created: readTime(info.created) };
      }),
    containers: ({ prefix, limit } = {}) =>
      unique(
        (cursor) =>
          use('containers', (wit) => {
            const page = wit.listContainers(prefix ?? null, cursor ?? null, limit ?? null);
            return { items: page.containers, cursor: page.cursor ?? undefined };
          }),
        (found) => found,
      ),
    copy: (source, target, options = {}) =>
      use('copy', (wit) => wit.copy(source, target, options.fence ?? null)),
    move: (source, target, options = {}) =>
      use('move', (wit) => wit.move(source, target, options.fence ?? null)),
  };
  return blobs;
}

function openContainer(name: string, what: string, useBlobs: UseOpened<WitBlobs>): BlobContainer {
  let opened: WitContainer | undefined;
  const use: UseOpened<WitContainer> = (operation, call) =>
    useBlobs(operation, (blobs) => call((opened ??= blobs.container(name))));

  const container: BlobContainer = {
    name,
    get: (object, range) =>
      container.read(object, range).then((reader) => (reader === undefined ? undefined : readAll(reader))),
    getText: (object) =>
      container
        .get(object)
        .then((bytes) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes))),
    read: (object, range) =>
      use('read', (wit) => {
        const { offset = 0, length = null } = range ?? {};
        if (range !== undefined) checkRange(offset, length);
        const stream = wit.read(object, range === undefined ? null : { offset, length });
        return stream === null ? undefined : makeReader(stream);
      }),
    async put(object, source, options) {
      using writer = await container.write(object, options);
      if (typeof source === 'string' || source instanceof Uint8Array) await writer.write(source);
      else for await (const piece of source) await writer.write(piece);
      return await writer.finish();
    },
    write: (object, options = {}) =>
      use('write', (wit) =>
        makeWriter(
          wit.write(object, {
            contentType: options.contentType ?? null,
            onlyIfAbsent: options.onlyIfAbsent ?? false,
            ifVersion: options.ifVersion ?? null,
            fence: options.fence ?? null,
          }),
          `${what}: "${object}"`,
        ),
      ),
    delete: (names, options = {}) =>
      use('delete', (wit) =>
        wit.delete(typeof names === 'string' ? [names] : [...names], options.fence ?? null),
      ),
    has: (object) => use('has', (wit) => wit.has(object)),
    info: (object) =>
      use('info', (wit) => {
        const info = wit.info(object);
        return info === null ? undefined : readInfo(info);
      }),
    list: (options) =>
      unique(
        async (cursor) => {
          const page = await container.page({ ...options, cursor });
          return { items: page.blobs, cursor: page.cursor };
        },
        (blob) => blob.name,
      ),
    page: (options = {}) =>
      use('page', (wit) => {
        const { prefix, cursor, limit } = options;
        const page = wit.list(prefix ?? null, cursor ?? null, limit ?? null);
        return {
          blobs: page.objects.map((each) => ({ ...each, modified: new Date(each.modified) })),
          cursor: page.cursor ?? undefined,
        };
      }),
    clear: () => use('clear', (wit) => wit.clear()),
    presign: (object, method, expiresMs) =>
      use('presign', (wit) => wit.presign(object, method, Math.trunc(expiresMs))),
  };
  return container;
}

/** What pages give, each once. */
async function* unique<Item>(
  next: (cursor: string | undefined) => Promise<{ items: readonly Item[]; cursor: string | undefined }>,
  nameOf: (item: Item) => string,
): AsyncGenerator<Item, void, undefined> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    for (const item of page.items) {
      const name = nameOf(item);
      if (seen.has(name)) continue;
      seen.add(name);
      yield item;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function checkRange(offset: number, length: number | null): void {
  for (const number of [offset, length ?? 0]) {
    if (!Number.isSafeInteger(number) || number < 0)
      throw new RangeError(`a range has whole numbers from 0, not ${number}`);
  }
}
