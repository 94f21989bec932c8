/**
 * What of the instances those may have that bring work by themselves, all of them together: the rest is for requests.
 */
export interface Share {
  /** Resolves once there is room, which somebody else may have by then, or when the signal fires. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves when it is one's turn, first come first served, with what gives the room back; or with undefined when the signal fires. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
}

/** @param size - calls of the app at once */
export function createShare(size: number): Share {
  let taken = 0;
  /** Those who want to have room, in order. */
  const queue = new Set<() => void>();
  /** Those who want to hear of room. */
  const watching = new Set<() => void>();

  function give(): () => void {
    taken++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      taken--;
      const [next] = queue;
      if (next !== undefined) next();
      else for (const hear of watching) hear();
    };
  }

  function wait<T>(waiting: Set<() => void>, signal: AbortSignal, outcome: () => T): Promise<T | undefined> {
    return new Promise((resolve) => {
      const settle = (value: T | undefined): void => {
        waiting.delete(next);
        signal.removeEventListener('abort', abort);
        resolve(value);
      };
      const next = (): void => settle(outcome());
      const abort = (): void => settle(undefined);
      signal.addEventListener('abort', abort);
      waiting.add(next);
    });
  }

  const isFree = (): boolean => taken < size && queue.size === 0;
  return {
    async room(signal) {
      if (!isFree() && !signal.aborted) await wait(watching, signal, () => undefined);
    },
    async take(signal) {
      if (signal.aborted) return undefined;
      return isFree() ? give() : await wait(queue, signal, give);
    },
  };
}
