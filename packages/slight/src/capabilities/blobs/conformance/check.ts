import assert from 'node:assert/strict';
import type { CheckDefinition as AnyCheck, RefusalDefinition as AnyRefusal } from '../../core/check.ts';
import type { Blobs, BlobsFeature, ListOptions, Range, ReadStream, WriteOptions } from '../contract.ts';

export { assertFails } from '../../core/check.ts';

export interface CheckTools {
  readonly features: ReadonlySet<BlobsFeature>;
  /** A place of this check alone, with a container `box`; the same suffix opens the same place once more. */
  open(suffix?: string): Promise<Blobs>;
  /** Closes what is open; then the server goes and comes, where there is one. */
  restart(): Promise<void>;
}

export type CheckDefinition = AnyCheck<BlobsFeature, CheckTools>;
export type RefusalDefinition = AnyRefusal<BlobsFeature, CheckTools>;

/** The container that is there in every check. */
export const box = 'box';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes of which no two stretches are alike. */
export function makeBytes(size: number, seed = 1): Uint8Array {
  const made = new Uint8Array(size);
  for (let i = 0, state = seed; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    made[i] = state >>> 16;
  }
  return made;
}

/** Writes an object whole; gives its version. */
export async function put(
  blobs: Blobs,
  name: string,
  content: Uint8Array | string,
  options?: WriteOptions,
  container = box,
): Promise<string> {
  const stream = await blobs.write(container, name, options);
  const all = typeof content === 'string' ? bytes(content) : content;
  for (let at = 0; at < all.byteLength; at += 1_000_000) await stream.write(all.subarray(at, at + 1_000_000));
  return await stream.finish();
}

/** The rest of a stream. */
export async function drain(stream: ReadStream, max = 1_000_000): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await stream.read(max); piece !== undefined; piece = await stream.read(max)) {
    assert.ok(piece.byteLength > 0 && piece.byteLength <= max, `a piece of ${piece.byteLength} bytes`);
    pieces.push(piece);
  }
  await stream.close();
  return Buffer.concat(pieces);
}

/** The bytes of an object, or undefined where there is none. */
export async function get(
  blobs: Blobs,
  name: string,
  range?: Range,
  container = box,
): Promise<Uint8Array | undefined> {
  const stream = await blobs.read(container, name, range);
  return stream && (await drain(stream));
}

export async function getText(blobs: Blobs, name: string, container = box): Promise<string | undefined> {
  const found = await get(blobs, name, undefined, container);
  return found && Buffer.from(found).toString();
}

export function assertBytes(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(found !== undefined, `${what}: nothing is there`);
  // Of large objects the difference is not worth printing.
  assert.ok(
    Buffer.compare(found, expected) === 0,
    `${what}: ${found.byteLength} bytes, not the ${expected.byteLength} that were written`,
  );
}

/** All pages of a listing. A listing that never ends fails. */
export async function listPages(
  blobs: Blobs,
  options: ListOptions = {},
  between: () => Promise<void> = async () => undefined,
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await blobs.list(box, cursor === undefined ? options : { ...options, cursor });
    pages.push(page.objects.map(({ name }) => name));
    cursor = page.cursor;
    assert.ok(pages.length < 1_000, 'the listing does not end');
    await between();
  } while (cursor !== undefined);
  return pages;
}

/** The listed names, each once, sorted. */
export async function listSorted(blobs: Blobs, options: ListOptions = {}): Promise<string[]> {
  return [...new Set((await listPages(blobs, options)).flat())].toSorted();
}

export async function listContainers(blobs: Blobs, options: ListOptions = {}): Promise<string[]> {
  const found = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
    const page = await blobs.listContainers(cursor === undefined ? options : { ...options, cursor });
    for (const name of page.containers) found.add(name);
    cursor = page.cursor;
    assert.ok(pages < 1_000, 'the listing does not end');
  }
  return [...found].toSorted();
}
