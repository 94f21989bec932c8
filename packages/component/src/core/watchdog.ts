/** Words of the memory that guests, host and watchdog share. Guests look at the first one. */
export const FLAG = 0;
/** Number of the last slice; 0 before the first one. */
export const SLICE = 1;
/** 1 while the watchdog sleeps and has to be told of a slice. */
export const ASLEEP = 2;
/** Nobody changes or notifies it: to wait for a time. */
export const NEVER = 3;

/** How long a guest has the thread before the flag is set: at least this long, at most twice. Milliseconds. */
export const SLICE_TIME = 8;

/**
 * Runs in a thread of its own and never returns. Sets the flag for a slice that has lasted a whole period; a flag that
 * comes too late does no harm, since whoever looks at it decides by the time.
 *
 * It is sent to that thread as source text, so it may use nothing but its parameters and globals.
 */
export function watch(
  words: Int32Array,
  at: { flag: number; slice: number; asleep: number; never: number },
  period: number,
): never {
  const periodsUntilSleep = 250;
  let quiet = 0;
  for (;;) {
    const slice = Atomics.load(words, at.slice);
    Atomics.wait(words, at.never, 0, period);
    const same = Atomics.load(words, at.slice) === slice;
    if (same && slice !== 0) Atomics.store(words, at.flag, 1);
    quiet = same ? quiet + 1 : 0;
    // A set flag stays until a guest looks at it or begins a slice: both end the sleep.
    if (quiet >= periodsUntilSleep && Atomics.load(words, at.flag) !== 0) {
      Atomics.store(words, at.asleep, 1);
      Atomics.wait(words, at.slice, slice);
      Atomics.store(words, at.asleep, 0);
      quiet = 0;
    }
  }
}

/** Program of the watchdog's thread, an expression that takes the words: text, so that it needs no file beside it. */
export const WATCHDOG_SOURCE: string =
  `(words) => (${watch.toString()})(words, ` +
  `${JSON.stringify({ flag: FLAG, slice: SLICE, asleep: ASLEEP, never: NEVER })}, ${SLICE_TIME})`;
