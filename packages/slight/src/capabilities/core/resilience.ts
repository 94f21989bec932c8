import { setTimeout as sleep } from 'node:timers/promises';
import type { MaybePromise } from './backend.ts';
import { CapabilityError } from './error.ts';

/**
 * What an operation does to the data, which says when it may be repeated:
 * `reads` and `idempotent` (a write that does nothing when it is repeated) always; `writes` only where it certainly did not happen; `writes-once` never.
 */
export type Effect = 'reads' | 'idempotent' | 'writes' | 'writes-once';

export interface Guard {
  readonly effect: Effect;
  /** Milliseconds for the whole operation, repetitions included. */
  readonly timeout: number;
  /** Makes whatever was thrown a `CapabilityError` that says where it happened. */
  describe(error: unknown): CapabilityError;
}

const mostAttempts = 4;
/** Milliseconds. */
const firstPause = 50;

/**
 * Watches over an operation that is under way: ends it at its deadline, and repeats it, after a pause with jitter,
 * where it failed for a while only and its effect allows that.
 */
export async function guard<T>(first: Promise<T>, again: () => MaybePromise<T>, options: Guard): Promise<T> {
  const { effect, timeout } = options;
  const end = performance.now() + timeout;
  let running = first;
  for (let attempt = 1; ; attempt++) {
    try {
      return await endBefore(end - performance.now(), running, effect);
    } catch (thrown) {
      const error = options.describe(thrown);
      const pause = (0.5 + Math.random()) * firstPause * 2 ** (attempt - 1);
      const late = performance.now() + pause >= end;
      if (late || attempt === mostAttempts || !mayRepeat(error, effect)) throw error;
      await sleep(pause);
      running = (async () => again())();
    }
  }
}

function mayRepeat(error: CapabilityError, effect: Effect): boolean {
  if (error.code !== 'unavailable' || !error.retryable || effect === 'writes-once') return false;
  return effect !== 'writes' || error.outcome === 'none';
}

/**
 * The same answer, or `timeout` where it does not come within `milliseconds`; then whatever comes later is ignored.
 * @throws {CapabilityError} `timeout`, for a write with the outcome `unknown`
 */
export function endBefore<T>(milliseconds: number, running: Promise<T>, effect: Effect): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut(effect)), Math.max(0, milliseconds));
    running.then(
      (answer) => {
        clearTimeout(timer);
        resolve(answer);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function timedOut(effect: Effect): CapabilityError {
  return effect === 'reads'
    ? new CapabilityError('timeout', 'no answer within the deadline')
    : new CapabilityError(
        'timeout',
        'no answer within the deadline: the write may or may not have happened. Read before you repeat it',
        { outcome: 'unknown' },
      );
}
