/** What the runner of SQL tells its watchdog: when the present statement has to be over. */

/**
 * At 0: the deadline in nanoseconds of `process.hrtime`, 0 while nothing runs. At 1: whether the watchdog sleeps. At 2: whether
 * it is up.
 */
export const watchState = new BigInt64Array(new SharedArrayBuffer(24));

/** Milliseconds. */
const longestStart = 10_000;

/** @param within milliseconds; undefined where nothing runs any more */
export function markRunning(within: number | undefined): void {
  const deadline = within === undefined ? 0n : process.hrtime.bigint() + BigInt(Math.ceil(within * 1e6));
  Atomics.store(watchState, 0, deadline);
  if (deadline !== 0n && Atomics.load(watchState, 1) === 1n) Atomics.notify(watchState, 0);
}

/** Waits until the watchdog is up; false where it does not come up. */
export function awaitWatchdog(): boolean {
  return Atomics.wait(watchState, 2, 0n, longestStart) !== 'timed-out';
}
