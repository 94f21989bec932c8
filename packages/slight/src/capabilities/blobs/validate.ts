import { CapabilityError } from '../core/error.ts';
import type { ListOptions, ObjectId, PresignOptions, Range, WriteOptions } from './contract.ts';

/** Bytes of UTF-8. */
const longestContainer = 255;
export const longestName = 1_024;
const longestType = 255;
const longestVersion = 1_024;
const longestCursor = 4_096;
/** Bytes of one piece that is read; whoever asks for more gets less. */
export const largestRead = 1024 * 1024;
/** Bytes of one piece that is written. */
export const largestWrite = 4 * 1024 * 1024;
const mostNames = 1_000;
const largestPage = 10_000;
const defaultPage = 1_000;
/** Milliseconds: a week, the most that servers agree on. */
const longestPresign = 7 * 24 * 3_600_000;

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}

function checkText(what: string, text: string, least: number, most: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes < least || bytes > most)
    throw invalid(`${what} has ${bytes} bytes of UTF-8. It has ${least} to ${most.toLocaleString('en')}`);
  if (!text.isWellFormed()) throw invalid(`${what} has half a surrogate pair, which UTF-8 cannot hold`);
}

export function checkContainer(name: string): void {
  checkText('the name of a container', name, 1, longestContainer);
}

export function checkObject(container: string, name: string): void {
  checkContainer(container);
  checkText('the name of an object', name, 1, longestName);
}

export function checkId({ container, name }: ObjectId): void {
  checkObject(container, name);
}

export function checkNames(container: string, names: readonly string[]): void {
  checkContainer(container);
  if (names.length > mostNames)
    throw invalid(`${names.length} names at once. Delete up to 1,000 with one call`);
  for (const name of names) checkObject(container, name);
}

export function checkRange({ offset, length }: Range): void {
  for (const [what, number] of [
    ['offset', offset],
    ['length', length ?? 0],
  ] as const) {
    if (!Number.isSafeInteger(number) || number < 0)
      throw invalid(`the ${what} of a range is ${number}. It is a whole number from 0 to 2^53`);
  }
}

/** The options without those that ask for nothing. Which features they need, the portable layer knows. */
export function checkWriteOptions({ contentType, ifVersion, onlyIfAbsent }: WriteOptions): void {
  if (contentType !== undefined) {
    checkText('the content type', contentType, 1, longestType);
    // It becomes a header somewhere.
    if (!/^[\x20-\x7e]+$/.test(contentType))
      throw invalid('the content type has a letter that no header has');
  }
  if (ifVersion === undefined) return;
  if (onlyIfAbsent)
    throw invalid('only-if-absent and if-version at once: an object that is absent has no version');
  checkText('the version', ifVersion, 1, longestVersion);
}

/** @throws {CapabilityError} `invalid-argument`, with the limit in `detail` */
export function checkPiece(bytes: Uint8Array): void {
  if (bytes.byteLength <= largestWrite) return;
  throw new CapabilityError(
    'invalid-argument',
    `the piece has ${bytes.byteLength} bytes. Write up to 4 MiB at once, as often as you like`,
    { detail: { limit: largestWrite } },
  );
}

/** How much is read at once. */
export function checkMax(max: number): number {
  if (!Number.isSafeInteger(max) || max < 1) throw invalid(`a read of ${max} bytes. It takes at least one`);
  return Math.min(max, largestRead);
}

export function checkPresign({ expires }: PresignOptions): void {
  if (!(expires >= 1_000 && expires <= longestPresign))
    throw invalid(`a URL that lives ${expires} ms. It lives a second to a week`);
}

/** A listing's options with the defaults in place; the limit is a wish, so it is brought into range. */
export function checkListOptions(options: ListOptions): ListOptions & { readonly limit: number } {
  checkText('the prefix', options.prefix ?? '', 0, longestName);
  if (options.cursor !== undefined && options.cursor.length > longestCursor) throw brokenCursor();
  return {
    ...options,
    limit: Math.min(Math.max(Math.trunc(options.limit ?? defaultPage) || 1, 1), largestPage),
  };
}

/** The answer of a backend to a cursor that it cannot have given. */
export function brokenCursor(): CapabilityError {
  return invalid('the cursor is not from an earlier page of this listing. Begin without a cursor');
}

/** The answer of a backend where a container is not there. */
export function noContainer(name: string): CapabilityError {
  return new CapabilityError(
    'not-found',
    `there is no container ${JSON.stringify(name)}. Create it before you use it`,
  );
}

/** The answer where there is nothing to copy. */
export function noObject({ container, name }: ObjectId): CapabilityError {
  return new CapabilityError(
    'not-found',
    `there is no object ${JSON.stringify(name)} in the container ${JSON.stringify(container)}`,
  );
}

/**
 * Whether a write may be finished, for backends that look by themselves.
 * @param present the version of what is there
 * @throws {CapabilityError} `already-exists`, `precondition-failed`
 */
export function checkConditions(
  { onlyIfAbsent, ifVersion }: WriteOptions,
  present: string | undefined,
): void {
  if (onlyIfAbsent && present !== undefined)
    throw new CapabilityError('already-exists', 'there is an object of this name');
  if (ifVersion !== undefined && present !== ifVersion) {
    throw new CapabilityError(
      'precondition-failed',
      present === undefined
        ? 'the object is gone'
        : 'the object has another version. Read it again and begin anew',
    );
  }
}
