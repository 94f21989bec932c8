import type { BigIntStats } from 'node:fs';

/** Tells a file from others: it changes when another program writes to it, and stays when it is renamed. */
export interface Mark {
  readonly size: number;
  /** Nanoseconds since 1970, when its bytes were last written. */
  readonly mtime: string;
  readonly ino: string;
}

/** An object that was written here. */
export interface Written extends Mark {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly contentType?: string;
}

/**
 * What is kept of an object beside its file. It is written before the file: the first of `values` is what is there then,
 * the second what was there before. So whichever of the two a crash leaves, it has its version.
 */
export interface Meta {
  /** Where the file name has a hash in place of the end of the object's. */
  readonly key?: string;
  readonly values: readonly Written[];
}

export function markOf({ ino, size, mtimeNs }: BigIntStats): Mark {
  return { size: Number(size), mtime: String(mtimeNs), ino: String(ino) };
}

/** What is kept of the file with this mark. A backup that was put back has another number, and the same time. */
export function findWritten(meta: Meta | undefined, mark: Mark): Written | undefined {
  const fitting = meta?.values.filter(({ size, mtime }) => size === mark.size && mtime === mark.mtime) ?? [];
  return fitting.find(({ ino }) => ino === mark.ino) ?? fitting[0];
}

/** Undefined where another program wrote it. */
export function parseMeta(json: string): Meta | undefined {
  try {
    const meta = JSON.parse(json) as Meta;
    return meta.values.every(isWritten) && isOptionalText(meta.key) ? meta : undefined;
  } catch {
    return undefined;
  }
}

function isWritten({ size, mtime, ino, version, created, contentType }: Written): boolean {
  return (
    [mtime, ino, version].every((each) => typeof each === 'string') &&
    [size, created].every((each) => Number.isSafeInteger(each)) &&
    isOptionalText(contentType)
  );
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
