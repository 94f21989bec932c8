import type { Blobs, BlobsFeature, ReadStream, WriteOptions, WriteStream } from '../contract.ts';

/** One way to be broken. */
export interface Defect {
  /** Names of checks that must fail. */
  readonly breaks: readonly string[];
  /** Features that it does not declare. */
  readonly lacks?: readonly BlobsFeature[];
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. `notes` live as long as what was opened by the name. */
  backend?(blobs: Blobs, notes: Notes): Partial<Blobs>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(blobs: Blobs): Partial<Blobs>;
}

export type Notes = Map<string, unknown>;

export type Defects = { readonly [name: string]: Defect };

/** The healthy backend answers at once. */
export const now = <T>(value: T | Promise<T>): T => value as T;

/** Options without one of them. */
export function omit<T extends object>(options: T | undefined, key: keyof T): T {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([each]) => each !== key)) as T;
}

/** A backend whose streams for writing are changed. */
export function withWriter(
  change: (stream: WriteStream, blobs: Blobs, container: string, name: string) => Partial<WriteStream>,
): (blobs: Blobs) => Partial<Blobs> {
  return (blobs) => ({
    write(container, name, options) {
      const stream = now(blobs.write(container, name, options));
      return { ...stream, ...change(stream, blobs, container, name) };
    },
  });
}

/** A backend whose streams for reading are changed. */
export function withReader(
  change: (stream: ReadStream, blobs: Blobs, container: string, name: string) => Partial<ReadStream>,
): (blobs: Blobs) => Partial<Blobs> {
  return (blobs) => ({
    read(container, name, range) {
      const stream = now(blobs.read(container, name, range));
      return stream && { ...stream, ...change(stream, blobs, container, name) };
    },
  });
}

/** Writes an object whole. */
export function put(
  blobs: Blobs,
  container: string,
  name: string,
  content: Uint8Array,
  options?: WriteOptions,
): string {
  const stream = now(blobs.write(container, name, options));
  void stream.write(content);
  return now(stream.finish());
}

/** The bytes of an object. */
export function get(blobs: Blobs, container: string, name: string): Uint8Array | undefined {
  const stream = now(blobs.read(container, name));
  if (stream === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for (let piece = now(stream.read(1_000_000)); piece; piece = now(stream.read(1_000_000)))
    pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Every operation on an object with its name changed, as by a careless encoding. */
export function withNames(change: (name: string) => string): (blobs: Blobs) => Partial<Blobs> {
  return (blobs) => ({
    read: (container, name, range) => blobs.read(container, change(name), range),
    write: (container, name, options) => blobs.write(container, change(name), options),
    delete: (container, names) => blobs.delete(container, names.map(change)),
    has: (container, name) => blobs.has(container, change(name)),
    info: (container, name) => blobs.info(container, change(name)),
  });
}
