import { CapabilityError } from '../core/error.ts';
import type { Entry } from './contract.ts';
import { checkKey, checkValue, largestValue } from './validate.ts';

/** Keys of one call. */
export const mostKeys = 100;

/** @throws {CapabilityError} `invalid-argument` */
export function checkKeys(keys: readonly string[]): void {
  if (keys.length > mostKeys) {
    throw new CapabilityError(
      'invalid-argument',
      `${keys.length} keys at once. One call takes up to 100; make several calls`,
      { detail: { limit: mostKeys } },
    );
  }
  for (const key of keys) checkKey(key);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkEntries(entries: readonly Entry[]): void {
  checkKeys(entries.map(({ key }) => key));
  let bytes = 0;
  for (const { value } of entries) {
    checkValue(value);
    bytes += value.byteLength;
  }
  if (bytes <= largestValue) return;
  throw new CapabilityError(
    'invalid-argument',
    `values of ${bytes} bytes at once. One call takes up to 25 MiB; make several calls`,
    { detail: { limit: largestValue } },
  );
}

/**
 * The values of many keys, one after the other; it ends as soon as they are too many bytes.
 * @throws {CapabilityError} `resource-exhausted`
 */
export function collectValues(
  keys: readonly string[],
  find: (key: string) => Uint8Array | undefined,
): (Uint8Array | undefined)[] {
  let bytes = 0;
  return keys.map((key) => {
    const value = find(key);
    bytes += value?.byteLength ?? 0;
    checkTotal(bytes);
    return value;
  });
}

/** @throws {CapabilityError} `resource-exhausted` */
export function checkTotal(bytes: number): void {
  if (bytes <= largestValue) return;
  throw new CapabilityError(
    'resource-exhausted',
    'the values have more than 25 MiB together. Ask for fewer keys at once',
    { detail: { limit: largestValue } },
  );
}

/**
 * Does one after the other, for backends that cannot do all in one step.
 * @throws {CapabilityError} what one fails with; with the outcome `unknown` where others were done before
 */
export async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const [done, item] of items.entries()) {
    try {
      await work(item);
    } catch (error) {
      throw done === 0 ? error : partly(error, done, items.length);
    }
  }
}

/**
 * Does all at once, in this order.
 * @throws {CapabilityError} what the first that failed failed with; with the outcome `unknown` unless nothing was done
 */
export async function together<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  if (failures.length === 0) return;
  const nothing =
    failures.length === items.length &&
    failures.every((failure) => failure instanceof CapabilityError && failure.outcome === 'none');
  throw nothing ? failures[0] : partly(failures[0], items.length - failures.length, items.length);
}

function partly(error: unknown, done: number, all: number): unknown {
  if (!(error instanceof CapabilityError)) return error;
  const { code, message, retryable, detail, cause } = error;
  return new CapabilityError(code, `${message}. ${done} of ${all} keys were written before`, {
    retryable,
    detail,
    cause,
    outcome: 'unknown',
  });
}
