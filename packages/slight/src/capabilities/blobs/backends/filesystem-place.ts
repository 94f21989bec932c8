import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolder, listKeys, pathsOfKey, type KeyFolder } from '../../../clients/filesystem/entries.ts';
import { flushFolder, readWhole } from '../../../clients/filesystem/files.ts';
import { nameOfKey } from '../../../clients/filesystem/names.ts';
import { openFolderAt, type OpenedFolder } from '../../../clients/filesystem/opened-folder.ts';
import { makeFolder, pathOfStore } from '../../../clients/filesystem/place.ts';
import { CapabilityError } from '../../core/error.ts';
import type { ContainerInfo } from '../contract.ts';
import { noContainer } from '../validate.ts';

/** The folder of one name: a folder for each container, and in `.meta` the lock and what is on its way. */
export interface Place extends KeyFolder {
  readonly meta: string;
}

/** A container that is held open: a file for each object, and in `.meta` what is kept beside it. */
export interface Container extends KeyFolder {
  /** Undefined where there is none yet. */
  readonly meta: string | undefined;
}

/** One in which something is going to change. */
export interface OpenContainer extends Container {
  readonly meta: string;
}

/** Keeps the name of a container whose folder has a hash in place of the end of it. */
const nameFile = join('.meta', '.container');

/** Opens the place of a name below `parent`, and makes it where it is missing. */
export async function openPlace(parent: string, name: string): Promise<Place> {
  const path = pathOfStore(parent, name);
  const meta = join(path, '.meta');
  await makeFolder(path);
  await makeFolder(meta);
  return { path, meta, ignoresCase: existsSync(join(path, '.META')) };
}

/**
 * Uses a container while it is held open.
 * @throws {CapabilityError} `not-found`
 */
export function useContainer<T>(place: Place, name: string, use: (container: Container) => T): T {
  const path = pathOfContainer(place, name);
  const folder = path === undefined ? undefined : openFolderAt(path);
  if (folder === undefined) throw noContainer(name);
  const { ignoresCase } = place;
  return closing(folder, () => {
    const meta = openFolderAt(join(folder.path, '.meta'));
    return closing(meta, () => use({ path: folder.path, meta: meta?.path, ignoresCase }));
  });
}

/** The same where something changes: what is kept beside objects has its place then, also in another program's folder. */
export function changeContainer<T>(
  place: Place,
  name: string,
  change: (container: OpenContainer) => Promise<T>,
): Promise<T> {
  return useContainer(place, name, async ({ path, meta, ignoresCase }) => {
    if (meta !== undefined) return change({ path, meta, ignoresCase });
    mkdirSync(join(path, '.meta'), { mode: 0o700 });
    const made = openFolderAt(join(path, '.meta'));
    if (made === undefined) throw noContainer(name);
    return closing(made, () => change({ path, meta: made.path, ignoresCase }));
  });
}

function closing<T>(folder: OpenedFolder | undefined, use: () => T): T {
  const close = () => folder?.close();
  let used: T;
  try {
    used = use();
  } catch (error) {
    close();
    throw error;
  }
  if (used instanceof Promise) return used.finally(close) as T;
  close();
  return used;
}

export function hasContainer(place: Place, name: string): boolean {
  return pathOfContainer(place, name) !== undefined;
}

export function findContainer(place: Place, name: string): ContainerInfo | undefined {
  const path = pathOfContainer(place, name);
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  // Not every file system knows.
  return stats.birthtimeMs > 0 ? { name, created: Math.floor(stats.birthtimeMs) } : { name };
}

export function listContainers(place: Place): Set<string> {
  return listKeys(place.path, (name) => readWhole(join(place.path, name, nameFile))?.toString(), 'folder');
}

/** Only under the place's lock. @param temporary where it is made before it can be seen */
export async function createContainer(place: Place, name: string, temporary: string): Promise<void> {
  if (hasContainer(place, name))
    throw new CapabilityError('already-exists', `the container ${JSON.stringify(name)} is there`);
  mkdirSync(join(temporary, '.meta'), { recursive: true, mode: 0o700 });
  writeFileSync(join(temporary, nameFile), name, { mode: 0o600, flush: true });
  await flushFolder(join(temporary, '.meta'));
  await flushFolder(temporary);
  renameSync(temporary, join(place.path, nameOfKey(name)));
  await flushFolder(place.path);
}

/** Only under the place's lock: it is gone at once. What was in it goes with what is given, which takes its time. */
export async function hideContainer(
  place: Place,
  name: string,
  temporary: () => string,
): Promise<() => Promise<void>> {
  // The usual name last: while that is there, no reader looks for another.
  const hidden = pathsOfKey(place, name, isFolder)
    .toReversed()
    .map((path) => {
      const to = temporary();
      renameSync(path, to);
      return to;
    });
  if (hidden.length > 0) await flushFolder(place.path);
  return async () => {
    for (const path of hidden) await rm(path, { recursive: true, force: true });
  };
}

function pathOfContainer(place: Place, name: string): string | undefined {
  return pathsOfKey(place, name, isFolder)[0];
}
