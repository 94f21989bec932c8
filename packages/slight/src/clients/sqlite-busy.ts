import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../capabilities/core/error.ts';

/** SQLite's primary result code (https://sqlite.org/rescode.html), or undefined for what is not its error. */
export function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

/** Milliseconds between two tries, give or take half of it. */
export const longestPause = 4;

/**
 * Does work that takes a lock of SQLite, again and again while another process holds that; ends a little before the
 * operation's deadline does, so that the answer can say that nothing was written.
 * @param timeout milliseconds for the whole operation
 * @throws {CapabilityError} `timeout`; whatever else the work throws
 */
export async function retryBusy<T>(timeout: number, work: () => T): Promise<T> {
  const end = performance.now() + timeout * 0.8;
  for (let pause = 1; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    const left = end - performance.now();
    if (left <= 0) {
      throw new CapabilityError('timeout', 'another process kept the file locked. Nothing was written');
    }
    await sleep(Math.min(left, pause * (0.5 + Math.random())));
  }
}
