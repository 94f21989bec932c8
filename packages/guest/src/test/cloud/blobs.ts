import type {
  Blobs as WitBlobs,
  Container as WitContainer,
  ContainerInfo,
  ContainerPage,
  Fence,
  ObjectId,
  ObjectInfo,
  ObjectPage,
  PresignMethod,
  Range,
  ReadStream as WitReadStream,
  WriteOptions,
  WriteStream as WitWriteStream,
} from 'spiderlightning:cloud/blobs@0.6.0';
import { useData } from '../host.ts';
import { checkName, checkWrite, listNames, memoryBlobs } from '../memory-blobs.ts';
import type { MemoryBlobs, MemoryObject } from '../memory-blobs.ts';
import { witError } from '../wit-error.ts';

const largestRead = 1024 * 1024;
const largestWrite = 4 * 1024 * 1024;

/** `spiderlightning:cloud/blobs` in plain Node: objects in memory, of the app that is under test. */
export class Blobs implements WitBlobs {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Blobs {
    const blobs = new Blobs(name);
    blobs.#use();
    return blobs;
  }

  createContainer(name: string): void {
    this.#use().create(name);
  }

  deleteContainer(name: string): void {
    this.#use().remove(name);
  }

  containerExists(name: string): boolean {
    return this.#use().find(name) !== undefined;
  }

  containerInfo(name: string): ContainerInfo | null {
    const found = this.#use().find(name);
    return found === undefined ? null : { name, created: found.created };
  }

  listContainers(prefix: string | null, cursor: string | null, limit: number | null): ContainerPage {
    const page = this.#use().list(prefix, cursor, limit);
    return { containers: page.names, cursor: page.cursor };
  }

  container(name: string): Container {
    return new Container(name, () => this.#use());
  }

  copy(source: ObjectId, target: ObjectId, fence: Fence | null): void {
    this.#use().copy(source, target, fence);
  }

  move(source: ObjectId, target: ObjectId, fence: Fence | null): void {
    this.#use().move(source, target, fence);
  }

  [Symbol.dispose](): void {}

  /** Looked up for every use: what is opened once may serve the tests of several apps. */
  #use(): MemoryBlobs {
    return useData(memoryBlobs, this.#name);
  }
}

export class Container implements WitContainer {
  readonly #name: string;
  readonly #use: () => MemoryBlobs;

  constructor(name: string, use: () => MemoryBlobs) {
    this.#name = name;
    this.#use = use;
  }

  read(name: string, range: Range | null): ReadStream | null {
    const object = this.#use().object(this.#name, name);
    return object === undefined ? null : new ReadStream(name, object, range ?? { offset: 0, length: null });
  }

  write(name: string, options: WriteOptions | null): WriteStream {
    this.#use().object(this.#name, name);
    checkWrite(options);
    return new WriteStream((bytes) => this.#use().put(this.#name, name, bytes, options));
  }

  delete(names: string[], fence: Fence | null): void {
    this.#use().delete(this.#name, names, fence);
  }

  has(name: string): boolean {
    return this.#use().object(this.#name, name) !== undefined;
  }

  info(name: string): ObjectInfo | null {
    const object = this.#use().object(this.#name, name);
    return object === undefined ? null : describe(name, object);
  }

  list(prefix: string | null, cursor: string | null, limit: number | null): ObjectPage {
    const { objects } = this.#use().container(this.#name);
    const page = listNames(objects.keys(), prefix, cursor, limit);
    return {
      objects: page.names.map((name) => {
        const { bytes, modified } = objects.get(name)!;
        return { name, size: bytes.byteLength, modified };
      }),
      cursor: page.cursor,
    };
  }

  clear(): void {
    this.#use().container(this.#name).objects.clear();
  }

  presign(name: string, _method: PresignMethod, _expiresMs: number): string {
    checkName('object', name, 1_024);
    throw witError('unsupported', 'objects in memory have no URL');
  }

  [Symbol.dispose](): void {}
}

export class ReadStream implements WitReadStream {
  readonly #info: ObjectInfo;
  #rest: Uint8Array;

  constructor(name: string, object: MemoryObject, { offset, length }: Range) {
    this.#info = describe(name, object);
    this.#rest = object.bytes.subarray(offset, length === null ? undefined : offset + length);
  }

  info(): ObjectInfo {
    return this.#info;
  }

  read(max: number): Uint8Array | null {
    if (max < 1) throw witError('invalid-argument', 'a read takes at least one byte');
    const piece = this.#rest.slice(0, Math.min(max, largestRead));
    this.#rest = this.#rest.subarray(piece.byteLength);
    return piece.byteLength === 0 ? null : piece;
  }

  [Symbol.dispose](): void {}
}

export class WriteStream implements WitWriteStream {
  readonly #put: (bytes: Uint8Array) => string;
  readonly #pieces: Uint8Array[] = [];
  #over = false;

  constructor(put: (bytes: Uint8Array) => string) {
    this.#put = put;
  }

  write(bytes: Uint8Array): void {
    this.#check();
    if (bytes.byteLength > largestWrite)
      throw witError('invalid-argument', `the piece has ${bytes.byteLength} bytes, more than 4 MiB`);
    this.#pieces.push(bytes.slice());
  }

  finish(): string {
    this.#check();
    this.#over = true;
    const size = this.#pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const all = new Uint8Array(size);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.byteLength;
    }
    return this.#put(all);
  }

  [Symbol.dispose](): void {
    this.#over = true;
  }

  #check(): void {
    if (this.#over) throw witError('cancelled', 'the object is finished, or the stream was aborted');
  }
}

function describe(name: string, { bytes, ...known }: MemoryObject): ObjectInfo {
  return { name, size: bytes.byteLength, ...known };
}
