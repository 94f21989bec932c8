import type { Fence, ObjectId, WriteOptions } from 'spiderlightning:cloud/blobs@0.6.0';
import { checkFence, Fences } from './fences.ts';
import type { TestKind } from './host.ts';
import { witError } from './wit-error.ts';

export interface MemoryObject {
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly modified: number;
  readonly contentType: string | null;
  readonly version: string;
}

interface MemoryContainer {
  readonly created: number;
  readonly objects: Map<string, MemoryObject>;
  readonly fences: Fences;
}

const mostNames = 10_000;

/** Objects in containers, as the contract has them. */
export class MemoryBlobs {
  readonly #containers = new Map<string, MemoryContainer>();
  readonly #now: () => number;
  #writes = 0;

  /** `now`: milliseconds since 1970, the times of objects. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws what WIT calls `not-found` */
  container(name: string): MemoryContainer {
    const found = this.find(name);
    if (found === undefined) throw witError('not-found', `there is no container ${JSON.stringify(name)}`);
    return found;
  }

  find(name: string): MemoryContainer | undefined {
    checkName('container', name, 255);
    return this.#containers.get(name);
  }

  create(name: string): void {
    if (this.find(name) !== undefined)
      throw witError('already-exists', `the container ${JSON.stringify(name)} is there`);
    this.#containers.set(name, { created: this.#now(), objects: new Map(), fences: new Fences() });
  }

  remove(name: string): void {
    if (this.find(name) !== undefined) this.#containers.delete(name);
  }

  list(prefix: string | null, cursor: string | null, limit: number | null) {
    return listNames(this.#containers.keys(), prefix, cursor, limit);
  }

  object(container: string, name: string): MemoryObject | undefined {
    const { objects } = this.container(container);
    checkName('object', name, 1_024);
    return objects.get(name);
  }

  /** Gives the version. */
  put(container: string, name: string, bytes: Uint8Array, options: WriteOptions | null): string {
    const { objects, fences } = this.container(container);
    const present = objects.get(name);
    fences.admit(name, options?.fence);
    if (options?.onlyIfAbsent === true && present !== undefined)
      throw witError('already-exists', `there is an object ${JSON.stringify(name)}`);
    const wanted = options?.ifVersion ?? null;
    if (wanted !== null && present?.version !== wanted)
      throw witError('precondition-failed', `the object ${JSON.stringify(name)} has another version`);
    const modified = this.#now();
    const version = `${++this.#writes}`;
    const created = present?.created ?? modified;
    objects.set(name, { bytes, created, modified, contentType: options?.contentType ?? null, version });
    return version;
  }

  delete(container: string, names: readonly string[], fence: Fence | null): void {
    const { objects, fences } = this.container(container);
    if (names.length > 1_000) throw witError('invalid-argument', `${names.length} names at once`);
    for (const name of names) checkName('object', name, 1_024);
    for (const name of names) fences.admit(name, fence);
    for (const name of names) objects.delete(name);
  }

  copy(source: ObjectId, target: ObjectId, fence: Fence | null): void {
    const found = this.object(source.container, source.name);
    this.object(target.container, target.name);
    if (found === undefined) throw witError('not-found', `there is no object ${JSON.stringify(source.name)}`);
    const { contentType } = found;
    const options = { contentType, onlyIfAbsent: false, ifVersion: null, fence };
    this.put(target.container, target.name, found.bytes, options);
  }

  move(source: ObjectId, target: ObjectId, fence: Fence | null): void {
    const isItself = source.container === target.container && source.name === target.name;
    if (isItself && this.object(source.container, source.name) !== undefined) return;
    this.container(source.container).fences.admit(source.name, fence);
    this.copy(source, target, fence);
    this.delete(source.container, [source.name], fence);
  }
}

/** The blobs of an app under test. */
export const memoryBlobs: TestKind<MemoryBlobs> = {
  noun: 'blobs',
  option: 'blobs',
  make: (host) => new MemoryBlobs(host.now),
};

export function checkWrite(options: WriteOptions | null): void {
  const { contentType = null, ifVersion = null, fence = null, onlyIfAbsent } = options ?? {};
  if (contentType !== null && !/^[\x20-\x7e]{1,255}$/.test(contentType))
    throw witError('invalid-argument', 'a content type has 1 to 255 letters that a header may have');
  if (ifVersion === '' || (ifVersion !== null && onlyIfAbsent === true))
    throw witError('invalid-argument', 'only-if-absent and if-version exclude each other');
  if (fence !== null) checkFence(fence);
}

/** The cursor is the last name of the page before. */
export function listNames(
  all: Iterable<string>,
  prefix: string | null,
  cursor: string | null,
  limit: number | null,
): { names: string[]; cursor: string | null } {
  if (prefix !== null && prefix !== '') checkName('prefix', prefix, 1_024);
  if (cursor !== null && !/^>.{1,4095}$/su.test(cursor))
    throw witError('invalid-argument', 'the cursor is not from an earlier page of this listing');
  const after = cursor === null ? null : cursor.slice(1);
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const names = Array.from(all)
    .filter((name) => name.startsWith(prefix ?? '') && (after === null || compare(name, after) > 0))
    .toSorted(compare);
  const page = names.slice(0, Math.min(Math.max(limit ?? 1_000, 1), mostNames));
  return { names: page, cursor: names.length > page.length ? `>${page.at(-1)}` : null };
}

export function checkName(what: string, name: string, most: number): void {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > most)
    throw witError('invalid-argument', `the ${what} has ${bytes} bytes of UTF-8. It has 1 to ${most}`);
  if (!name.isWellFormed()) throw witError('invalid-argument', `the ${what} has half a surrogate pair`);
}
