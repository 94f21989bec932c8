import type { MaybePromise } from '../../capabilities/core/backend.ts';
import { CapabilityError } from '../../capabilities/core/error.ts';

/** A `result` of WIT. */
export interface Result {
  readonly tag: 'ok' | 'err';
  readonly val?: unknown;
}

const done: Result = { tag: 'ok' };

export const ok = (val: unknown): Result => ({ tag: 'ok', val });
export const nothing = (): Result => done;

/** Runs an operation of a contract. What is answered at once gives no promise, so that the guest is not suspended. */
export function answer<T>(run: () => MaybePromise<T>, lower: (value: T) => Result): MaybePromise<Result> {
  try {
    const value = run();
    return value instanceof Promise ? value.then(lower, failed) : lower(value);
  } catch (error) {
    return failed(error);
  }
}

/** Only capability errors are for the guest to see; anything else is a defect of the host and ends the call. */
export function failed(error: unknown): Result {
  if (!(error instanceof CapabilityError)) throw error;
  const { code, message, retryable, outcome } = error;
  return { tag: 'err', val: { code, message, retryable, outcome } };
}

/** The options that are there: a contract's are left out, where an `option` of WIT is undefined. */
export function given<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
