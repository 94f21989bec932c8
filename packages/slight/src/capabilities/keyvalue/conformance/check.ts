import assert from 'node:assert/strict';
import type { CheckDefinition as AnyCheck, RefusalDefinition as AnyRefusal } from '../../core/check.ts';
import type { KeyPage, KeysOptions, KeyValue, KeyValueFeature } from '../contract.ts';

export { assertFails, eventually } from '../../core/check.ts';

export interface CheckTools {
  readonly features: ReadonlySet<KeyValueFeature>;
  /** Bytes of the largest value. */
  readonly largest: number;
  /** A store of this check alone; the same suffix opens the same data once more. */
  open(suffix?: string): Promise<KeyValue>;
  /** Closes what is open; then the server goes and comes, where there is one. */
  restart(): Promise<void>;
}

export type CheckDefinition = AnyCheck<KeyValueFeature, CheckTools>;
export type RefusalDefinition = AnyRefusal<KeyValueFeature, CheckTools>;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value as text; undefined stays so. */
export async function readText(store: KeyValue, key: string): Promise<string | undefined> {
  const value = await store.get(key);
  return value && new TextDecoder().decode(value);
}

export function assertBytes(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(found !== undefined, `${what}: nothing is there`);
  // Of large values the difference is not worth printing.
  assert.ok(
    Buffer.compare(found, expected) === 0,
    `${what}: ${found.byteLength} bytes, not those that were written`,
  );
}

/** All pages of a listing. A listing that never ends fails. */
export async function listAll(store: KeyValue, options: KeysOptions = {}): Promise<KeyPage['keys'][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page: KeyPage = await store.keys(cursor === undefined ? options : { ...options, cursor });
    pages.push(page.keys);
    cursor = page.cursor;
    assert.ok(pages.length < 10_000, 'the listing does not end');
  } while (cursor !== undefined);
  return pages;
}

/** The listed keys, each once, sorted. */
export async function listSorted(store: KeyValue, options: KeysOptions = {}): Promise<string[]> {
  return [...new Set((await listAll(store, options)).flat())].toSorted();
}
