import { Listeners, type Pollable } from './pollable.ts';

/** Longest wait that setTimeout takes, in milliseconds; a longer one is waited for in parts. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Nanoseconds since some moment, never going back. */
export function readMonotonic(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

/** Nanoseconds that `readMonotonic` can tell apart. Browsers round more coarsely than this, and do not say how. */
export const MONOTONIC_RESOLUTION = 1_000n;

/** Milliseconds since 1970, which may jump when somebody sets the clock. */
export function readWall(): number {
  return Date.now();
}

/** The timers of one guest: they run only while somebody waits, and can be given up together. */
export class Timers {
  readonly #live = new Set<Timer>();

  /** Becomes ready when `readMonotonic` reaches `due`. */
  at(due: bigint): Pollable {
    return new Timer(due, this.#live);
  }

  /** Stops all of them; who waits is never woken. */
  clear(): void {
    for (const timer of this.#live) timer.drop();
  }

  /** How many are running. */
  get running(): number {
    return this.#live.size;
  }
}

class Timer implements Pollable {
  readonly #due: bigint;
  readonly #live: Set<Timer>;
  readonly #listeners = new Listeners();
  #waiting = 0;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(due: bigint, live: Set<Timer>) {
    this.#due = due;
    this.#live = live;
  }

  ready(): boolean {
    return readMonotonic() >= this.#due;
  }

  listen(wake: () => void): () => void {
    const forget = this.#listeners.add(wake);
    this.#waiting += 1;
    if (this.#timeout === undefined) this.#start();
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      forget();
      this.#waiting -= 1;
      if (this.#waiting === 0) this.drop();
    };
  }

  drop(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#live.delete(this);
  }

  #start(): void {
    const left = Number(this.#due - readMonotonic()) / 1e6;
    this.#live.add(this);
    this.#timeout = setTimeout(
      () => {
        // A timeout may come a little early, and the long ones come in parts.
        if (!this.ready()) return this.#start();
        this.drop();
        this.#listeners.wake();
      },
      Math.min(Math.max(Math.ceil(left), 0), LONGEST_TIMEOUT),
    );
  }
}
