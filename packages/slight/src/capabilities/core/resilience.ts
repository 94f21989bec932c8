import type { MaybePromise } from './backend.ts';
import { startDeadline } from './deadlines.ts';
import { CapabilityError } from './error.ts';

/**
 * What an operation does to the data, which says when it may be repeated:
 * `reads` and `idempotent` (a write that does nothing when it is repeated) always; `writes` only where it certainly did not happen; `writes-once`
 * never, nor `tries-once`, of which nothing stays where it fails.
 */
export type Effect = 'reads' | 'idempotent' | 'writes' | 'writes-once' | 'tries-once';

/** Whether nothing has happened where it failed. */
export function leavesNothing(effect: Effect): boolean {
  return effect === 'reads' || effect === 'tries-once';
}

export interface Guard {
  readonly effect: Effect;
  /** Milliseconds for the whole operation, repetitions included. */
  readonly timeout: number;
  /** Repetitions at most. */
  readonly retries: number;
  /** Makes whatever was thrown a `CapabilityError` that says where it happened. */
  describe(error: unknown): CapabilityError;
  /** Hears once how it ended: with this error, or well. */
  end?(error: CapabilityError | undefined): void;
}

/** Milliseconds. */
const firstPause = 50;
const longestPause = 1_000;

/**
 * Watches over an operation that is under way: ends it at its deadline, and repeats it, after a pause with jitter,
 * where it failed for a while only and its effect allows that.
 */
export function guard<T>(first: Promise<T>, again: () => MaybePromise<T>, options: Guard): Promise<T> {
  const { effect, timeout, retries } = options;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let repeated = 0;
    let over = false;
    let pausing: NodeJS.Timeout | undefined;

    function succeed(answer: T): void {
      if (over) return;
      over = true;
      deadline.stop();
      options.end?.(undefined);
      resolve(answer);
    }

    function fail(error: CapabilityError): void {
      over = true;
      deadline.stop();
      clearTimeout(pausing);
      options.end?.(error);
      reject(error);
    }

    function failOrRepeat(thrown: unknown): void {
      if (over) return;
      const error = options.describe(thrown);
      const pause = (0.5 + Math.random()) * Math.min(firstPause * 2 ** repeated, longestPause);
      const late = performance.now() - began + pause >= timeout;
      if (late || repeated >= retries || !mayRepeat(error, effect)) return fail(error);
      repeated++;
      pausing = setTimeout(() => {
        (async () => again())().then(succeed, failOrRepeat);
      }, pause);
    }

    const deadline = startDeadline(timeout, () => fail(options.describe(timedOut(effect))));
    first.then(succeed, failOrRepeat);
  });
}

function mayRepeat(error: CapabilityError, effect: Effect): boolean {
  if (error.code !== 'unavailable' || !error.retryable) return false;
  if (effect === 'writes-once' || effect === 'tries-once') return false;
  return effect !== 'writes' || error.outcome === 'none';
}

/**
 * The same answer, or `timeout` where it does not come within `milliseconds`; then whatever comes later is ignored.
 * @throws {CapabilityError} `timeout`, for a write with the outcome `unknown`
 */
export function endBefore<T>(milliseconds: number, running: Promise<T>, effect: Effect): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = startDeadline(milliseconds, () => reject(timedOut(effect)));
    running.then(
      (answer) => {
        deadline.stop();
        resolve(answer);
      },
      (error) => {
        deadline.stop();
        reject(error);
      },
    );
  });
}

function timedOut(effect: Effect): CapabilityError {
  return leavesNothing(effect)
    ? new CapabilityError('timeout', 'no answer within the deadline')
    : new CapabilityError(
        'timeout',
        'no answer within the deadline: the write may or may not have happened. Read before you repeat it',
        { outcome: 'unknown' },
      );
}
