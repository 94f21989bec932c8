import { Locks as WitLocks } from '#cloud/locks';
import type { Lease as WitLease } from 'spiderlightning:cloud/locks@0.6.0';
import { CapabilityError, translateErrors } from './error.ts';
import { useOpened } from './opened.ts';
import type { Fence } from './store.ts';

export interface TryOptions {
  /** Milliseconds for which the lock stays with a holder whose host is gone: 100 to a day. Default: 15 seconds. */
  readonly ttlMs?: number;
  /** Milliseconds to wait while another holds it; a minute at most. Default: none. */
  readonly waitMs?: number;
}

export interface AcquireOptions extends TryOptions {
  /** Milliseconds to wait while another holds it; a minute at most. Default: 10 seconds. */
  readonly waitMs?: number;
}

/**
 * A lock that is held. The host renews it as long as the app has it; it ends with `release`, at the end of the block that
 * `using` declares it in, or with the request.
 */
export interface Lease {
  readonly name: string;
  /** Grows with every holder of this lock, for ever: decimal text. */
  readonly token: string;
  /** For writes that only the holder may do: one whose holder has changed since is refused, wherever this app stood still. */
  readonly fence: Fence;
  /** Whether it was lost: another may hold the lock by now. */
  readonly lost: boolean;
  /** Aborted soon after it was lost, while the app waits for timers or for others. From its first use on. */
  readonly signal: AbortSignal;
  /** Renews it now, which the host does by itself. Throws `precondition-failed` where it was lost. */
  renew(): Promise<void>;
  /** Lets go of it. Throws `precondition-failed` where it was lost before: what was done may have met another holder. */
  release(): Promise<void>;
  /** Lets go of it, whether or not it was lost. */
  [Symbol.dispose](): void;
}

/** Locks that the slightfile names, each with a name of its own. Every method may throw a CapabilityError. */
export interface Locks {
  readonly name: string;
  /**
   * Acquires a lock, waiting for it: `using lease = await locks.acquire('digest')`. Throws `timeout` where another held it all
   * the time; the router makes 503 of that.
   */
  acquire(name: string, options?: AcquireOptions): Promise<Lease>;
  /** The same, with undefined where another holds it. */
  tryAcquire(name: string, options?: TryOptions): Promise<Lease | undefined>;
  /**
   * Waits until it holds the lock, however long that takes, then runs and lets go: of all that lead under one name, one runs at a
   * time. For commands and workers; a request ends at its deadline.
   */
  lead<T>(name: string, run: (lease: Lease) => T | Promise<T>, options?: { ttlMs?: number }): Promise<T>;
}

const usualTtl = 15_000;
const usualWait = 10_000;
/** Milliseconds. */
const longestWait = 60_000;

/**
 * The locks of this name. They are opened by their first use, so a module's top level may call this: a name that the host
 * does not grant throws `permission-denied` there, not here.
 */
export function openLocks(name: string): Locks {
  const use = useOpened(`the locks "${name}"`, () => WitLocks.open(name));

  const locks: Locks = {
    name,
    acquire: async (lock, { ttlMs = usualTtl, waitMs = usualWait } = {}) => {
      const lease = await locks.tryAcquire(lock, { ttlMs, waitMs });
      if (lease !== undefined) return lease;
      throw new CapabilityError({
        code: 'timeout',
        message: `the lock ${JSON.stringify(lock)} of the locks "${name}" was held by another for all of ${waitMs} ms. Try again later, or wait longer`,
        retryable: true,
        outcome: 'none',
      });
    },
    tryAcquire: (lock, { ttlMs = usualTtl, waitMs = 0 } = {}) =>
      use('acquire', (wit) => {
        const found = wit.acquire(lock, wholeMs('ttlMs', ttlMs), wholeMs('waitMs', waitMs));
        return found === null ? undefined : wrap(found, lock, ttlMs);
      }),
    async lead(lock, run, { ttlMs = usualTtl } = {}) {
      for (;;) {
        using lease = await locks.tryAcquire(lock, { ttlMs, waitMs: longestWait });
        if (lease !== undefined) return await run(lease);
        // Under test nobody waits, and whoever holds it must get its turn.
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
      }
    },
  };
  return locks;
}

function wholeMs(what: string, value: number): number {
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) return Math.trunc(value);
  throw new RangeError(`${what} is a number of milliseconds, not ${value}`);
}

function wrap(wit: WitLease, name: string, ttlMs: number): Lease {
  const token = wit.token();
  let state: 'held' | 'lost' | 'ended' = 'held';
  let controller: AbortController | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function look(): boolean {
    if (state === 'held' && wit.lost()) lose();
    return state === 'lost';
  }

  function lose(): void {
    state = 'lost';
    clearInterval(timer);
    controller?.abort(notHeld(name));
    wit[Symbol.dispose]();
  }

  function end(): void {
    state = 'ended';
    clearInterval(timer);
    wit[Symbol.dispose]();
  }

  /** Whatever the host answers, it is here that a loss is seen. */
  function ask(call: () => void): Promise<void> {
    return new Promise((done) => {
      if (look() || state === 'ended') throw notHeld(name);
      done(
        translateErrors(() => {
          try {
            call();
          } catch (error) {
            look();
            throw error;
          }
        }),
      );
    });
  }

  return {
    name,
    token,
    fence: { lock: name, token },
    get lost() {
      return look();
    },
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (look()) controller.abort(notHeld(name));
        else if (state === 'held') timer = watch(look, Math.min(Math.max(ttlMs / 4, 20), 1_000));
      }
      return controller.signal;
    },
    renew: () => ask(() => wit.renew()),
    release: () =>
      ask(() => {
        wit.release();
        end();
      }),
    [Symbol.dispose]() {
      if (state === 'held') end();
    },
  };
}

/** A timer that keeps no process alive, where the app is tested. */
function watch(look: () => void, everyMs: number): ReturnType<typeof setInterval> {
  const timer = setInterval(look, everyMs);
  if (typeof timer === 'object') (timer as { unref(): void }).unref();
  return timer;
}

function notHeld(name: string): CapabilityError {
  return new CapabilityError({
    code: 'precondition-failed',
    message: `the lock ${JSON.stringify(name)} is not held any more: it was lost or released. Acquire it again before you go on`,
    retryable: false,
    outcome: 'none',
  });
}
