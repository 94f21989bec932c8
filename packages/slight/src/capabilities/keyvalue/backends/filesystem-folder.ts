import { hash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Versioned } from '../contract.ts';
import {
  explainFiles,
  flushFolder,
  isFile,
  readWhole,
  writeAnew,
} from '../../../clients/filesystem/files.ts';
import { mayExpire, parseMeta, type Meta, type Written } from './filesystem-meta.ts';
import { listKeys, pathsOfKey, type KeyFolder } from '../../../clients/filesystem/entries.ts';
import { makeFolder, pathOfStore } from '../../../clients/filesystem/place.ts';
import { foreignName, keyOfName, nameOfKey } from '../../../clients/filesystem/names.ts';

/** The folder of one store: a file for each value, and in `.meta` what is kept beside it. */
export interface Folder extends KeyFolder {
  readonly meta: string;
}

export interface Found extends Versioned {
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

/** Opens the folder of a store below `parent`, and makes it where it is missing. */
export async function openFolder(parent: string, store: string): Promise<Folder> {
  const path = pathOfStore(parent, store);
  await makeFolder(path);
  await makeFolder(join(path, '.meta'));
  return { path, meta: join(path, '.meta'), ignoresCase: existsSync(join(path, '.META')) };
}

/** The value of a key that has not expired. */
export function findEntry(folder: Folder, key: string): Found | undefined {
  const now = Date.now();
  const found = readEntry(folder, key);
  return found?.expires === undefined || found.expires > now ? found : undefined;
}

/** The same without its version: what never expires need not be hashed. */
export function findValue(folder: Folder, key: string): Uint8Array | undefined {
  if (mayExpire(readMeta(folder, nameOfKey(key)))) return findEntry(folder, key)?.value;
  return readValue(folder, key);
}

/** Whether a key has a value that has not expired. */
export function hasEntry(folder: Folder, key: string): boolean {
  if (mayExpire(readMeta(folder, nameOfKey(key)))) return findEntry(folder, key) !== undefined;
  return pathsOfKey(folder, key).length > 0;
}

/**
 * Puts a value in the place of another: to readers and after a crash it is there whole, with version and expiry, or
 * not at all. Done when the disk has it. Only under the folder's lock: the temporary files have fixed names, so that
 * what a crash left of them is written over.
 */
export async function writeEntry(
  folder: Folder,
  key: string,
  value: Uint8Array,
  { version, expires }: { readonly version: string; readonly expires?: number | undefined },
): Promise<void> {
  const name = nameOfKey(key);
  const [newMeta, newValue] = temporaryFiles(folder);
  let visible = false;
  try {
    const now: Written = { sha256: sha256(value), version, ...(expires !== undefined && { expires }) };
    const before = findWritten(readMeta(folder, name), readValue(folder, key));
    const values = before === undefined ? [now] : [now, before];
    const meta: Meta = keyOfName(name, () => undefined) === key ? { values } : { key, values };
    await Promise.all([writeAnew(newMeta, JSON.stringify(meta)), writeAnew(newValue, value)]);
    visible = true;
    renameSync(newMeta, join(folder.meta, name));
    await flushFolder(folder.meta);
    renameSync(newValue, pathsOfKey(folder, key)[0] ?? join(folder.path, name));
    await flushFolder(folder.path);
  } catch (error) {
    throw explainFiles(error, visible ? 'unknown' : 'none');
  }
}

/** A text that is another one after every write of a key; undefined where it has no value. */
export function signEntry(folder: Folder, key: string): string | undefined {
  const path = hasEntry(folder, key) ? pathsOfKey(folder, key)[0] : undefined;
  const file = path && lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (file === undefined || file === '') return undefined;
  // Inodes are used again, and times are coarse; what other programs write has no version.
  const version = readMeta(folder, nameOfKey(key))?.values[0]?.version;
  return `${version} ${file.ino} ${file.mtimeNs} ${file.size}`;
}

/** What a write that was cut off may have left. Only under the folder's lock: else it is someone's at work. */
export function removeLeftovers(folder: Folder): void {
  for (const path of temporaryFiles(folder)) rmSync(path, { force: true });
}

function temporaryFiles({ meta }: Folder): [meta: string, value: string, fence: string] {
  return [join(meta, '.new-meta'), join(meta, '.new-value'), join(meta, '.new-fence')];
}

/** Removes what is there, expired or not, under whichever name. Only under the folder's lock. */
export async function removeEntry(folder: Folder, key: string): Promise<void> {
  try {
    // The usual name last: while that is there, no reader looks for another.
    for (const path of pathsOfKey(folder, key).toReversed()) rmSync(path);
    rmSync(join(folder.meta, nameOfKey(key)), { force: true });
    await flushFolder(folder.path);
  } catch (error) {
    throw explainFiles(error, 'unknown');
  }
}

/** The keys that have a file, expired or not, in no order. */
export function listFiles(folder: Folder): Set<string> {
  return listKeys(folder.path, (name) => readMeta(folder, name)?.key);
}

/** Every key that something is kept of in `.meta`, and whether that is of no use any more. */
export function* listMeta(folder: Folder): Generator<{ readonly key: string; readonly stale: boolean }> {
  for (const name of readdirSync(folder.meta)) {
    const key = name.startsWith('.') ? undefined : keyOfName(name, () => readMeta(folder, name)?.key);
    if (key !== undefined) yield { key, stale: isStale(folder, key) };
  }
}

/** Whether a value expired, or its file went and left something in `.meta`. */
export function isStale(folder: Folder, key: string): boolean {
  return !hasEntry(folder, key) && isFile(join(folder.meta, nameOfKey(key)));
}

/**
 * Reads meta first: a value that fits the first of its `values` was there with it at some moment since. One that does
 * not may have been caught between two writes, unless the same meta is there still.
 */
function readEntry(folder: Folder, key: string): Found | undefined {
  const name = nameOfKey(key);
  for (let meta = readMeta(folder, name); ;) {
    const value = readValue(folder, key);
    if (value === undefined) return undefined;
    const written = findWritten(meta, value);
    if (written !== undefined && written === meta?.values[0]) return { value, ...written };
    const after = readMeta(folder, name);
    if (after?.values[0]?.version === meta?.values[0]?.version) {
      // Where nothing fits, another program wrote it.
      return { value, ...(written ?? { version: `sha256.${sha256(value)}` }) };
    }
    meta = after;
  }
}

/** What is kept of these bytes. */
function findWritten(meta: Meta | undefined, value: Uint8Array | undefined): Written | undefined {
  if (meta === undefined || value === undefined) return undefined;
  const digest = sha256(value);
  return meta.values.find((each) => each.sha256 === digest);
}

function readValue(folder: Folder, key: string): Buffer | undefined {
  // Most keys have no other name: then there is nothing to look for first.
  if (foreignName(key) === undefined) return readWhole(join(folder.path, nameOfKey(key)));
  const path = pathsOfKey(folder, key)[0];
  return path === undefined ? undefined : readWhole(path);
}

function readMeta(folder: Folder, name: string): Meta | undefined {
  const bytes = readWhole(join(folder.meta, name));
  return bytes && parseMeta(bytes.toString());
}

function sha256(value: Uint8Array): string {
  return hash('sha256', value, 'base64url');
}
