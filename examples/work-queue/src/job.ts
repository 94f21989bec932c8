/** What somebody wants to know of some numbers, and how far that is. */
export interface Job {
  readonly numbers: readonly number[];
  /** Milliseconds that it takes besides: for trying out what happens to work that takes long. */
  readonly pauseMs: number;
  readonly state: 'waiting' | 'done';
  readonly mean?: number;
  /** How often it was tried, with the last. */
  readonly attempts?: number;
}

const mostNumbers = 10_000;
const longestPause = 20_000;

/** A job out of what a client sent, or what is wrong with that. */
export function readJob(body: unknown): Job | { readonly problem: string } {
  const { numbers, pauseMs = 0 } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly numbers?: unknown;
    readonly pauseMs?: unknown;
  };
  if (!Array.isArray(numbers) || !numbers.every((each) => typeof each === 'number'))
    return { problem: '"numbers" is a list of numbers' };
  if (numbers.length > mostNumbers) return { problem: `"numbers" has up to ${mostNumbers}` };
  if (typeof pauseMs !== 'number' || !(pauseMs >= 0 && pauseMs <= longestPause))
    return { problem: `"pauseMs" is a number from 0 to ${longestPause}` };
  return { numbers, pauseMs, state: 'waiting' };
}

/** @throws {RangeError} for no numbers: nobody checked that, and no further attempt will help */
export function findMean(numbers: readonly number[]): number {
  if (numbers.length === 0) throw new RangeError('no numbers have no mean');
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

/** What is known of all jobs. */
export interface Report {
  readonly time: string;
  readonly waiting: number;
  readonly done: number;
}

export function makeReport(jobs: readonly Job[], time: Date): Report {
  const done = jobs.filter(({ state }) => state === 'done').length;
  return { time: time.toISOString(), waiting: jobs.length - done, done };
}
