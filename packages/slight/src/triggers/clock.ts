/** The time of the day, and waiting for one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves when that time has come, or when the signal fires. */
  until(moment: number, signal: AbortSignal): Promise<void>;
}

/** Longest wait at a stretch, in milliseconds: a machine may have slept meanwhile, and its clock be set. */
const longest = 30_000;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async until(moment, signal) {
    for (let left = moment - Date.now(); left > 0 && !signal.aborted; left = moment - Date.now()) {
      await pause(Math.min(left, longest), signal);
    }
  },
};

/** Waits so many milliseconds, or until the signal fires. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}

/** Waits for the end of something, at most so many milliseconds. @returns whether it came */
export async function endsWithin(milliseconds: number, end: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const over = end.then(() => true);
  try {
    return await Promise.race([over, pause(milliseconds, late.signal).then(() => false)]);
  } finally {
    late.abort();
  }
}
