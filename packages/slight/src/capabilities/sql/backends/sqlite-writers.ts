import { CapabilityError } from '../../core/error.ts';

/** The turn of those in this process who write: SQLite has one write lock, and lets whoever waits for it ask by chance. */
export interface Writers {
  /**
   * Gives what ends the turn, to be called once.
   * @param end by `performance.now()`
   * @throws {CapabilityError} `aborted` where the turn does not come until then
   */
  take(end: number): Promise<() => void>;
}

export function createWriters(): Writers {
  const waiting = new Set<() => void>(); // in order
  let taken = false;

  function give(): void {
    const [next] = waiting;
    if (next === undefined) taken = false;
    else next();
  }

  return {
    async take(end) {
      if (!taken) taken = true;
      else {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(
            () => {
              waiting.delete(enter);
              reject(
                new CapabilityError(
                  'aborted',
                  'others, or a transaction of the app itself, kept the database locked for writing. Nothing was written: try again; within a transaction, write by it',
                  { detail: { state: '40001' } },
                ),
              );
            },
            Math.max(0, end - performance.now()),
          );
          const enter = (): void => {
            waiting.delete(enter);
            clearTimeout(timer);
            resolve();
          };
          waiting.add(enter);
        });
      }
      return give;
    },
  };
}
