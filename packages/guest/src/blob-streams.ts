import type {
  ObjectInfo as WitInfo,
  ReadStream as WitReadStream,
  WriteStream as WitWriteStream,
} from 'spiderlightning:cloud/blobs@0.6.0';
import { translateErrors } from './error.ts';
import { TextEncoder } from './platform/text.ts';
import type { Piece } from './stream.ts';

export interface BlobInfo {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When the name first had an object, where the backend knows. */
  readonly created: Date | undefined;
  /** When the bytes were written. */
  readonly modified: Date;
  readonly contentType: string | undefined;
  /** Opaque; pass it to a write as `ifVersion`. Two writes never share a version. */
  readonly version: string;
}

/**
 * The bytes of an object as they were when it was opened: `for await (const piece of reader)`, or an answer:
 * `stream(reader)`. Read to its end, or left early by a loop, it is closed; otherwise `close` it, or declare it with `using`.
 */
export interface BlobReader extends AsyncIterable<Uint8Array> {
  /** Of the whole object. */
  readonly info: BlobInfo;
  /** The next bytes, at most `max` of them, or undefined at the end. Default: 64 KiB. */
  read(max?: number): Promise<Uint8Array | undefined>;
  close(): void;
  [Symbol.dispose](): void;
}

/** An object on its way. Nobody sees anything of it until it is finished; left alone, it leaves nothing. */
export interface BlobWriter {
  write(piece: Piece): Promise<void>;
  /** Puts the object there, whole; gives its version. */
  finish(): Promise<string>;
  abort(): void;
  /** Aborts it, unless it was finished. */
  [Symbol.dispose](): void;
}

const usualRead = 64 * 1024;
/** Bytes of one piece on its way to the host. */
const largestPiece = 1024 * 1024;
const encoder = new TextEncoder();

export function makeReader(wit: WitReadStream): BlobReader {
  const info = readInfo(wit.info());
  let closed = false;
  const reader: BlobReader = {
    info,
    read: (max = usualRead) =>
      settle(() => {
        if (closed) return undefined;
        if (!(max >= 1)) throw new RangeError(`a read takes at least one byte, not ${max}`);
        const piece = wit.read(Math.min(Math.trunc(max), largestPiece));
        if (piece === null) reader.close();
        return piece ?? undefined;
      }),
    close() {
      if (!closed) wit[Symbol.dispose]();
      closed = true;
    },
    [Symbol.dispose]: () => reader.close(),
    async *[Symbol.asyncIterator]() {
      try {
        for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) yield piece;
      } finally {
        reader.close();
      }
    },
  };
  return reader;
}

export function makeWriter(wit: WitWriteStream, what: string): BlobWriter {
  let over = false;
  function end(): void {
    if (!over) wit[Symbol.dispose]();
    over = true;
  }
  function use<T>(call: () => T): Promise<T> {
    return settle(() => {
      if (over) throw new Error(`${what} is finished or was aborted; begin to write anew`);
      try {
        return call();
      } catch (error) {
        end();
        throw error;
      }
    });
  }
  return {
    write: (piece) =>
      use(() => {
        const bytes = toBytes(piece);
        for (let at = 0; at < bytes.length; at += largestPiece)
          wit.write(bytes.subarray(at, at + largestPiece));
      }),
    finish: () =>
      use(() => {
        const version = wit.finish();
        end();
        return version;
      }),
    abort: end,
    [Symbol.dispose]: end,
  };
}

/** All pieces as one array, which is as large as what is expected if that comes. */
export async function readAll(reader: BlobReader): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let piece = await reader.read(largestPiece); piece; piece = await reader.read(largestPiece)) {
    pieces.push(piece);
    size += piece.length;
  }
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function settle<T>(call: () => T): Promise<T> {
  return new Promise((done) => done(translateErrors(call)));
}

function toBytes(piece: Piece): Uint8Array {
  if (typeof piece === 'string') return encoder.encode(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`a piece of an object is text or a Uint8Array, not ${typeof piece}`);
}

export function readInfo(info: WitInfo): BlobInfo {
  return {
    name: info.name,
    size: info.size,
    created: readTime(info.created),
    modified: new Date(info.modified),
    contentType: info.contentType ?? undefined,
    version: info.version,
  };
}

export function readTime(milliseconds: number | null): Date | undefined {
  return milliseconds === null ? undefined : new Date(milliseconds);
}
