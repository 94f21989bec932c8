import type { MaybePromise } from '../core/backend.ts';
import type { Grant } from './contract.ts';
import { givenUp } from './validate.ts';

/** A lock was not granted; milliseconds after which to ask again where nobody calls. */
export interface Blocked {
  readonly again: number;
}

/** Who waits for the locks of a server: a line for each, in which whoever gives no sign of life is passed. */
export interface Line<Ticket> {
  /** Takes the lock where it is free and nobody stands in front. */
  take(name: string, ttl: number, ticket: Ticket): MaybePromise<Grant | Blocked>;
  /** Stands in line, at the end, or gives a sign of life there. */
  stand(name: string, ticket: Ticket | undefined): MaybePromise<Ticket>;
  /** Leaves the line without the lock, and tells those behind. */
  leave(name: string, ticket: Ticket): MaybePromise<void>;
  /** Calls back whenever the lock may have become free, until what it gives is called. */
  listen(name: string, wake: () => void): MaybePromise<() => void>;
}

/** Milliseconds between two signs of life. */
export const signEvery = 1_000;
/** Milliseconds without one after which others pass. */
export const linePatience = 3_500;

/**
 * Waits in line for up to `wait` milliseconds. A lock that is taken takes its ticket out of the line, too.
 * @returns undefined where the lock did not come
 * @throws {CapabilityError} `cancelled` where the wait was given up
 */
export async function waitInLine<Ticket>(
  line: Line<Ticket>,
  name: string,
  ttl: number,
  wait: number,
  signal: AbortSignal | undefined,
): Promise<Grant | undefined> {
  const end = performance.now() + wait;
  let called = false;
  let wake: (() => void) | undefined;
  const call = (): void => {
    called = true;
    wake?.();
  };
  let ticket: Ticket | undefined;
  let seen = -Infinity;
  signal?.addEventListener('abort', call);
  let deafen: (() => void) | undefined;
  try {
    deafen = await line.listen(name, call);
    for (;;) {
      if (signal?.aborted) throw givenUp();
      if (performance.now() - seen >= signEvery) {
        seen = performance.now();
        ticket = await line.stand(name, ticket);
      }
      called = false;
      const found = await line.take(name, ttl, ticket!);
      if ('token' in found) {
        ticket = undefined;
        return found;
      }
      const left = Math.min(end - performance.now(), found.again, signEvery);
      if (end <= performance.now()) return undefined;
      // A call that came while the question was on its way is not lost.
      if (called) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, Math.ceil(left)));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  } finally {
    deafen?.();
    signal?.removeEventListener('abort', call);
    if (ticket !== undefined) await leave(line, name, ticket);
  }
}

/** What cannot leave is passed by and by, and what happened before matters more. */
async function leave<Ticket>(line: Line<Ticket>, name: string, ticket: Ticket): Promise<void> {
  try {
    await line.leave(name, ticket);
  } catch {
    // See above.
  }
}
