import { CapabilityError } from './error.ts';

/**
 * Spares a backend that is away, and those who would wait for it. After so many operations in a row that found it away,
 * over half a second at least, it is open: whatever is asked fails at once. Then one operation is let through; when that is answered, it is closed again.
 */
export interface Breaker {
  /** Whether it may refuse: then, and only then, `enter` has to be asked. */
  readonly open: boolean;
  /**
   * Asks to do an operation.
   * @param probe whether this one may be the one that is let through
   * @returns whether it is
   * @throws {CapabilityError} `unavailable`, with the time until which nothing is let through
   */
  enter(probe: boolean): boolean;
  /** How an operation ended that may count. @param probe what `enter` gave for it */
  leave(error: CapabilityError | undefined, probe: boolean): void;
}

export interface BreakerOptions {
  /** Operations in a row that must find the backend away. 0: it never opens. */
  readonly failures: number;
  /** Milliseconds since 1970. */
  now?(): number;
  /** Hears that it opened or closed. */
  report?(open: boolean, reason: string): void;
}

/** Milliseconds; doubled after each operation that was let through in vain. */
const firstPause = 500;
const longestPause = 15_000;
/** Milliseconds from the first to the last in a row: with many at once, a connection that breaks is nothing yet. */
const leastSpan = 500;

export function makeBreaker({ failures, now = Date.now, report }: BreakerOptions): Breaker {
  let inRow = 0;
  /** When the first of them failed. */
  let since = 0;
  let pause = firstPause;
  /** Undefined: closed. */
  let until: number | undefined;
  let probing = false;
  let reason = '';

  function open(error: CapabilityError): void {
    // With jitter, so that not all processes ask again at once.
    until = now() + pause * (0.75 + Math.random() / 2);
    reason = error.message;
  }

  function close(): void {
    inRow = 0;
    if (until === undefined) return;
    until = undefined;
    probing = false;
    pause = firstPause;
    report?.(false, reason);
  }

  return {
    get open() {
      return until !== undefined;
    },
    enter(probe) {
      if (until === undefined) return false;
      const left = until - now();
      if (left <= 0 && !probing && probe) {
        probing = true;
        return true;
      }
      const when =
        left > 0
          ? `It is asked again in ${Math.ceil(left)} ms, at ${new Date(until).toISOString()}`
          : 'One operation is asking it now';
      throw new CapabilityError(
        'unavailable',
        `not asked: the last ${inRow} operations found the backend away. ${when}. See to the server, or repeat this later; ` +
          `\`breaker\` in [resilience] says after how many. The last one failed so: ${reason}`,
      );
    },
    leave(error, probe) {
      if (failures === 0) return;
      if (error?.code === 'cancelled') {
        // It says nothing about the backend.
        if (probe) probing = false;
      } else if (error === undefined || !isAway(error)) close();
      else if (until === undefined) {
        if (++inRow === 1) since = now();
        if (inRow < failures || now() - since < leastSpan) return;
        open(error);
        report?.(true, reason);
      } else if (probe) {
        probing = false;
        inRow++;
        pause = Math.min(pause * 2, longestPause);
        open(error);
      }
    },
  };
}

/** Any other error is an answer of the backend. */
function isAway(error: CapabilityError): boolean {
  return error.code === 'unavailable' || error.code === 'timeout';
}
