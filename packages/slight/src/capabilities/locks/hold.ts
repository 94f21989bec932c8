import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import type { Grant, Locks } from './contract.ts';
import { notHeld } from './validate.ts';

/** A lock that this process holds. It is renewed until it is released, or lost. */
export interface Lease {
  readonly name: string;
  readonly token: bigint;
  /** Until then it is kept, also where no renewal succeeds any more: milliseconds since 1970. */
  readonly expires: number;
  /** Aborted when it is lost, with a `CapabilityError` that says how. Not when it is released. */
  readonly lost: AbortSignal;
  /**
   * Renews it now.
   * @throws {CapabilityError} `precondition-failed` where it is lost or was released
   */
  renew(): MaybePromise<void>;
  /**
   * Lets go of it.
   * @throws {CapabilityError} `precondition-failed` where it was lost before, or released
   */
  release(): MaybePromise<void>;
  /** The same for who need not know: never fails, and does nothing where it is over. */
  drop(): MaybePromise<void>;
}

/** A renewal is due when this part of the ttl is over: two may fail before the lock is lost. */
const part = 1 / 3;
/** Milliseconds after a renewal that failed, at least. */
const shortestPause = 25;

/**
 * Acquires a lock as `locks.acquire` does, and renews it from timers of this process as long as it is held: whoever computes
 * meanwhile need not think of it.
 */
export function holdLock(
  locks: Locks,
  name: string,
  ttl: number,
  wait: number,
  signal?: AbortSignal,
): MaybePromise<Lease | undefined> {
  const hold = (grant: Grant | undefined): Lease | undefined => grant && keep(locks, name, grant, ttl);
  const granted = locks.acquire(name, ttl, wait, signal);
  return granted instanceof Promise ? granted.then(hold) : hold(granted);
}

function keep(locks: Locks, name: string, first: Grant, ttl: number): Lease {
  const { token } = first;
  /** Made when somebody asks: most leases are over before, and one costs more than all else here. */
  let loss: AbortController | undefined;
  let reason: CapabilityError | undefined;
  let state: 'held' | 'lost' | 'released' = 'held';
  let expires = first.expires;
  /** The same moment on a clock that nobody sets back. */
  let until = 0;
  let timer: NodeJS.Timeout | undefined;
  let renewing = false;

  function accept(grant: Grant): void {
    if (state !== 'held') return;
    expires = grant.expires;
    until = performance.now() + expires - Date.now();
    schedule((expires - Date.now()) * part);
  }

  function schedule(pause: number): void {
    clearTimeout(timer);
    timer = setTimeout(tick, Math.max(Math.ceil(pause), 0)).unref();
  }

  function tick(): void {
    if (endIfOver()) return;
    // A timer may come a part of a millisecond before its time.
    if (renewing) return schedule(left());
    const retry = (): void => schedule(Math.min(Math.max(ttl / 10, shortestPause), left()));
    try {
      const renewed = renewNow();
      if (!(renewed instanceof Promise)) return;
      // An answer may never come; the loss is noticed all the same.
      schedule(left());
      renewed.catch(() => {
        if (state === 'held') retry();
      });
    } catch {
      if (state === 'held') retry();
    }
  }

  function renewNow(): MaybePromise<void> {
    const refuse = (error: unknown): never => {
      if (error instanceof CapabilityError && error.code === 'precondition-failed') lose(error);
      throw error;
    };
    let answer: MaybePromise<Grant>;
    try {
      answer = locks.renew(name, token, ttl);
    } catch (error) {
      return refuse(error);
    }
    if (!(answer instanceof Promise)) return accept(answer);
    renewing = true;
    return answer.then(accept, refuse).finally(() => {
      renewing = false;
    });
  }

  /** Milliseconds. */
  function left(): number {
    return Math.min(expires - Date.now(), until - performance.now());
  }

  /** A process that stood still finds its timers late. */
  function endIfOver(): boolean {
    if (state === 'held' && left() <= 0)
      lose(
        new CapabilityError(
          'precondition-failed',
          `the lock ${JSON.stringify(name)} is lost: it could not be renewed before it expired. Acquire it again before you go on`,
        ),
      );
    return state !== 'held';
  }

  function lose(how: CapabilityError): void {
    if (state !== 'held') return;
    state = 'lost';
    reason = how;
    clearTimeout(timer);
    loss?.abort(how);
  }

  function requireHeld(): void {
    if (!endIfOver()) return;
    throw reason ?? notHeld(name);
  }

  function release(): MaybePromise<void> {
    state = 'released';
    clearTimeout(timer);
    return locks.release(name, token);
  }

  accept(first);
  return {
    name,
    token,
    get expires() {
      return expires;
    },
    get lost() {
      endIfOver();
      if (loss === undefined) {
        loss = new AbortController();
        if (reason !== undefined) loss.abort(reason);
      }
      return loss.signal;
    },
    renew() {
      requireHeld();
      return renewNow();
    },
    release() {
      requireHeld();
      return release();
    },
    drop() {
      if (endIfOver()) return undefined;
      try {
        const released = release();
        // What cannot be released now ends with its ttl.
        return released instanceof Promise ? released.catch(() => undefined) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
