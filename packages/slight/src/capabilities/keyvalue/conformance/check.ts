import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError, type ErrorCode } from '../../core/error.ts';
import type { KeyPage, KeysOptions, KeyValue, KeyValueFeature } from '../contract.ts';

/** One promise of the contract. `run` throws where it is broken. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}

export interface CheckTools {
  readonly features: ReadonlySet<KeyValueFeature>;
  /** A store of this check alone; the same suffix opens the same data once more. */
  open(suffix?: string): Promise<KeyValue>;
  /** Closes what is open; then the server goes and comes, where there is one. */
  restart(): Promise<void>;
}

export interface CheckDefinition {
  readonly name: string;
  /** Checked where all of these are declared. */
  readonly needs: readonly KeyValueFeature[];
  run(tools: CheckTools): Promise<void>;
}

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

/** The call throws or rejects with this code, and with a `CapabilityError`. */
export async function assertFails(
  code: ErrorCode,
  what: string,
  call: () => unknown,
): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, `${what}: failed with ${error}, which is no CapabilityError`);
    assert.equal(error.code, code, `${what}: ${error.message}`);
    return error;
  }
  return assert.fail(`${what}: did not fail; expected ${code}`);
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

/** Waits for something that is promised to happen; how fast is not what is checked. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5_000; !(await ask()); await sleep(20)) {
    assert.ok(performance.now() < end, `${what}: not within 5 seconds`);
  }
}
