import type { MaybePromise } from '../core/backend.ts';

/** How a backend on this machine waits for messages. */
export interface Wait<T> {
  /** What is there now. */
  take(): MaybePromise<readonly T[]>;
  /** Calls back whenever there may be something, until what it gives is called. */
  listen(wake: () => void): () => void;
  /** Milliseconds until something becomes due by itself; undefined where nothing does. */
  due(): number | undefined;
  /** Nobody wants to wait any more. */
  over(): boolean;
}

/**
 * What is there, at once where there is something; otherwise what comes within the time, or nothing.
 * @param milliseconds - for the whole wait
 */
export function takeWithin<T>(
  milliseconds: number,
  wait: Wait<T>,
  signal?: AbortSignal,
): MaybePromise<readonly T[]> {
  const first = wait.take();
  const end = performance.now() + milliseconds;
  const enough = (taken: readonly T[]): boolean =>
    taken.length > 0 || performance.now() >= end || wait.over() || signal?.aborted === true;
  if (first instanceof Promise) {
    return first.then((taken) => (enough(taken) ? taken : waitOn(end, wait, enough, signal)));
  }
  return milliseconds <= 0 || enough(first) ? first : waitOn(end, wait, enough, signal);
}

async function waitOn<T>(
  end: number,
  { take, listen, due }: Wait<T>,
  enough: (taken: readonly T[]) => boolean,
  signal: AbortSignal | undefined,
): Promise<readonly T[]> {
  let woken = false;
  let wake: (() => void) | undefined;
  const onWake = (): void => {
    woken = true;
    wake?.();
  };
  // From before the next look on: what comes between that and the wait must not be missed.
  const stop = listen(onWake);
  signal?.addEventListener('abort', onWake);
  try {
    for (;;) {
      woken = false;
      const taken = await take();
      if (enough(taken)) return taken;
      if (woken) continue;
      const left = Math.min(end - performance.now(), due() ?? Infinity);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, Math.ceil(left)));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stop();
    signal?.removeEventListener('abort', onWake);
  }
}
