/** Something that becomes ready once: a moment, bytes to read, room to write. */
export interface Pollable {
  ready(): boolean;
  /**
   * Asks for `wake` to be called, later and perhaps more than once, when it may have become ready.
   * Answers how to stop that.
   */
  listen(wake: () => void): () => void;
  /** Gives up whatever still listens. */
  drop?(): void;
}

/** Those who wait for the same event. */
export class Listeners {
  readonly #wakes = new Set<() => void>();

  add(wake: () => void): () => void {
    // One function may listen twice (a guest may poll one thing twice), so each gets an entry of its own.
    const entry = () => wake();
    this.#wakes.add(entry);
    return () => this.#wakes.delete(entry);
  }

  wake(): void {
    for (const wake of this.#wakes) wake();
  }
}

/**
 * The places in the list that are ready: at once where there are any, otherwise a promise of them.
 * @throws {RangeError} on an empty list, which nothing could ever wake
 */
export function pollAny(pollables: readonly Pollable[]): number[] | Promise<number[]> {
  if (pollables.length === 0)
    throw new RangeError('poll: the list is empty, so the guest would wait for ever');
  const now = findReady(pollables);
  if (now.length > 0) return now;
  return new Promise((resolve) => {
    let stops: (() => void)[] = [];
    const wake = () => {
      const ready = findReady(pollables);
      if (ready.length === 0) return;
      for (const stop of stops) stop();
      resolve(ready);
    };
    stops = pollables.map((pollable) => pollable.listen(wake));
  });
}

/** Waits until one pollable is ready. Gives no promise where it already is. */
export function waitReady(pollable: Pollable): void | Promise<void> {
  // Asked once: a moment may come between two questions.
  const ready = pollAny([pollable]);
  return ready instanceof Promise ? ready.then(() => {}) : undefined;
}

function findReady(pollables: readonly Pollable[]): number[] {
  const ready: number[] = [];
  pollables.forEach((pollable, index) => {
    if (pollable.ready()) ready.push(index);
  });
  return ready;
}
