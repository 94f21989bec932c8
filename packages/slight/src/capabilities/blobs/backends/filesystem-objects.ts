import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { listKeys, pathsOfKey } from '../../../clients/filesystem/entries.ts';
import { flushFolder, readWhole, writeAnew } from '../../../clients/filesystem/files.ts';
import { keyOfName, nameOfKey } from '../../../clients/filesystem/names.ts';
import type { ListedObject, ObjectInfo } from '../contract.ts';
import { findWritten, markOf, parseMeta, type Meta, type Written } from './filesystem-meta.ts';
import type { Container, OpenContainer } from './filesystem-place.ts';

/** Neither follows a link nor waits for the other end of a pipe. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file that is open, with what is known of the object in it. */
export interface OpenedObject {
  readonly file: number;
  readonly info: ObjectInfo;
}

/** What comes in the place of an object. */
export interface Arrival {
  /** A file of the same file system, which takes the object's name. */
  readonly path: string;
  readonly stats: BigIntStats;
  readonly version: string;
  readonly contentType?: string | undefined;
}

export function hasObject(container: Container, name: string): boolean {
  return pathsOfKey(container, name).length > 0;
}

export function findObject(container: Container, name: string): ObjectInfo | undefined {
  return identify(container, name, () => {
    const path = pathsOfKey(container, name)[0];
    const stats = path === undefined ? undefined : lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? { stats } : undefined;
  })?.info;
}

/** Whoever calls it closes the file. */
export function openObject(container: Container, name: string): OpenedObject | undefined {
  let last: number | undefined;
  const found = identify(container, name, () => {
    if (last !== undefined) closeSync(last);
    last = openFile(pathsOfKey(container, name)[0]);
    if (last === undefined) return undefined;
    const stats = fstatSync(last, { bigint: true });
    return stats.isFile() ? { stats, file: last } : undefined;
  });
  if (found !== undefined) return { file: found.file, info: found.info };
  if (last !== undefined) closeSync(last);
  return undefined;
}

function openFile(path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  try {
    return openSync(path, readFlags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}

/**
 * Reads meta first: a file that fits the first of its `values` was there with it at some moment since. One that does
 * not may have been caught between two writes, unless the same meta is there still.
 */
function identify<Found extends { readonly stats: BigIntStats }>(
  container: Container,
  name: string,
  look: () => Found | undefined,
): (Found & { readonly info: ObjectInfo }) | undefined {
  for (let meta = readMeta(container, nameOfKey(name)); ;) {
    const found = look();
    if (found === undefined) return undefined;
    const written = findWritten(meta, markOf(found.stats));
    const isLatest = written !== undefined && written === meta?.values[0];
    const after = isLatest ? meta : readMeta(container, nameOfKey(name));
    if (after?.values[0]?.version === meta?.values[0]?.version) {
      return { ...found, info: describe(name, found.stats, written ?? meta?.values[0], written?.version) };
    }
    meta = after;
  }
}

/** @param version undefined where another program wrote the file; then the type of the last write here is as good a guess as any */
function describe(
  name: string,
  stats: BigIntStats,
  kept: Written | undefined,
  version: string | undefined,
): ObjectInfo {
  const { size, mtime, ino } = markOf(stats);
  const modified = Number(stats.mtimeNs / 1_000_000n);
  return {
    name,
    size,
    created: Math.min(kept?.created ?? modified, modified),
    modified,
    ...(kept?.contentType !== undefined && { contentType: kept.contentType }),
    version: version ?? `file.${ino}.${size}.${mtime}`,
  };
}

/** The objects of some names that are there. */
export function listObjects(container: Container, names: readonly string[]): ListedObject[] {
  return names.flatMap((name) => {
    const path = pathsOfKey(container, name)[0];
    const stats = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? [{ name, size: stats.size, modified: Math.floor(stats.mtimeMs) }] : [];
  });
}

export function listNames(container: Container): Set<string> {
  return listKeys(container.path, (file) => readMeta(container, file)?.key);
}

/**
 * Puts a file in the place of an object: to readers and after a crash it is there whole, with its version, or not at
 * all. Done when the disk has it. Only under the place's lock.
 * @param temporary where what is kept beside it is written first
 */
export async function placeObject(
  container: OpenContainer,
  name: string,
  { path, stats, version, contentType }: Arrival,
  temporary: string,
): Promise<void> {
  const file = nameOfKey(name);
  const place = pathsOfKey(container, name)[0];
  const present = place === undefined ? undefined : markOf(lstatSync(place, { bigint: true }));
  const before = present && findWritten(readMeta(container, file), present);
  const modified = Number(stats.mtimeNs / 1_000_000n);
  const now: Written = {
    ...markOf(stats),
    version,
    created: findObject(container, name)?.created ?? modified,
    ...(contentType !== undefined && { contentType }),
  };
  const values = before === undefined ? [now] : [now, before];
  const meta: Meta = keyOfName(file, () => undefined) === name ? { values } : { key: name, values };
  await writeAnew(temporary, JSON.stringify(meta));
  renameSync(temporary, join(container.meta, file));
  await flushFolder(container.meta);
  renameSync(path, place ?? join(container.path, file));
  await flushFolder(container.path);
}

/** Removes what is there under whichever name. Only under the place's lock. */
export async function removeObjects(container: Container, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    // The usual name last: while that is there, no reader looks for another.
    for (const path of pathsOfKey(container, name).toReversed()) rmSync(path);
    forgetObject(container, name);
  }
  await flushFolder(container.path);
}

/** Removes what is kept beside a file that is gone. */
export function forgetObject(container: Container, name: string): void {
  if (container.meta !== undefined) rmSync(join(container.meta, nameOfKey(name)), { force: true });
}

/** Names of objects of which something is kept and no file is there. */
export function listForgotten(container: Container): string[] {
  if (container.meta === undefined) return [];
  const files = new Set(readdirSync(container.path));
  return readdirSync(container.meta).flatMap((file) => {
    if (file.startsWith('.') || files.has(file)) return [];
    const name = keyOfName(file, () => readMeta(container, file)?.key);
    return name !== undefined && !hasObject(container, name) ? [name] : [];
  });
}

function readMeta(container: Container, file: string): Meta | undefined {
  const bytes = container.meta === undefined ? undefined : readWhole(join(container.meta, file));
  return bytes && parseMeta(bytes.toString());
}
