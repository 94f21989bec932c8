import { startDeadline } from '../capabilities/core/deadlines.ts';
import { CapabilityError } from '../capabilities/core/error.ts';

export interface LineOptions {
  /** So many work at once. */
  readonly atOnce: number;
  /** Milliseconds that one may wait for its turn. */
  readonly patience: number;
  /** So many may wait. */
  readonly mostWaiting?: number;
}

/** Runs what it is given, when it is its turn. */
export type Line = <T>(work: () => Promise<T>) => Promise<T>;

/** Several names of an app may have as many under way as each is allowed. */
const usuallyWaiting = 4_000;

/**
 * A line before the connections to a server: client libraries would let any number wait, and do later what nobody waits for any more.
 * What it refuses, with `resource-exhausted` or `timeout`, has not begun, and it keeps nothing of it.
 */
export function makeLine({ atOnce, patience, mostWaiting = usuallyWaiting }: LineOptions): Line {
  let working = 0;
  // In the order in which they came.
  const waiting = new Set<() => void>();

  function turn(): Promise<void> {
    if (waiting.size >= mostWaiting)
      throw new CapabilityError(
        'resource-exhausted',
        `${mostWaiting} operations wait for a connection to this server already. Repeat this later`,
        { retryable: true },
      );
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        deadline.stop();
        resolve();
      };
      const deadline = startDeadline(patience, () => {
        waiting.delete(begin);
        reject(new CapabilityError('timeout', 'no connection to the server was free in time'));
      });
      waiting.add(begin);
    });
  }

  return async (work) => {
    // Who is called from the line takes the place of the one before.
    if (working < atOnce) working++;
    else await turn();
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) working--;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
