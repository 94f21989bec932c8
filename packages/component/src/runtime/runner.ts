import type { Store } from '../abi/model.ts';
import type { CallOptions, Trap } from '../api.ts';
import type { GuestLimits } from '../core/limits.ts';
import { isTrap, makeTrap, trapFromGuest } from './trap.ts';
import { KEPT_STACKS } from './wear.ts';

/** A call that waits for its turn. */
interface Waiting {
  readonly begin: () => void;
  readonly refuse: (trap: Trap) => void;
}

/** The call under way, as far as it can be ended from outside. */
interface Call {
  /** When its time is over, on the clock of `performance.now`. */
  readonly until: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const noOptions: CallOptions = {};

/** Most calls that wait for their turn, where nobody says. */
const QUEUE = 1_000;

/** A class, since accessors of a literal are new functions for each instance: V8 calls them slowly (100 ns). */
class GuestStore implements Store {
  readonly #limits: GuestLimits;
  interrupt: Store['interrupt'];
  readonly onWait: () => void;
  calledHost = false;

  constructor(limits: GuestLimits, onWait: () => void) {
    this.#limits = limits;
    this.onWait = onWait;
  }

  get suspendable(): boolean {
    return this.#limits.suspendable;
  }

  set suspendable(value: boolean) {
    this.#limits.suspendable = value;
  }

  onCall(): void {
    this.#limits.look();
  }

  onResume(): void {
    // The host hears of a guest's end a little later: it may still count as having the thread.
    this.#limits.leave();
    this.#limits.enter(true);
  }
}

/**
 * Lets one call at a time into an instance, from its first argument to its post-return, waiting included; the others
 * queue. It is where calls are bounded, given up, and where a trap ends the instance.
 */
export class Runner {
  readonly store: Store;
  readonly limits: GuestLimits;
  /** Called when the last call is over and no other will be let in. */
  onEnd: (() => void) | undefined;
  #queue: Waiting[] = [];
  readonly #mostWaiting: number;
  #call: Call | undefined;
  /** Why no more calls are let in. */
  #closed: 'trapped' | 'restoring' | 'disposed' | undefined;
  #reason: Trap | undefined;

  /** @param queue most calls that wait for their turn */
  constructor(limits: GuestLimits, queue: number = QUEUE) {
    this.limits = limits;
    this.#mostWaiting = queue;
    this.store = new GuestStore(limits, () => this.#wait());
  }

  get alive(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Runs `enter`, which enters the guest through `WebAssembly.promising`, as soon as it is its turn. What it throws at
   * once that is no trap leaves the instance as it was.
   *
   * @param always also where too many calls wait or are under way: for what the host cannot ask for again
   */
  run<T>(enter: () => Promise<T>, options: CallOptions = noOptions, always = false): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#refusal());
    const { deadline, signal } = options;
    if (signal?.aborted === true) return Promise.reject(makeCancelled());
    const until = deadline === undefined ? Infinity : performance.now() + deadline;
    if (this.#call === undefined) {
      const { calls, mostCalls } = this.limits.thread;
      if (calls >= mostCalls && !always)
        return Promise.reject(makeBusy(`${calls} calls are under way on this thread, and no more may be`));
      return this.#enter(enter, options, until);
    }
    if (this.#queue.length >= this.#mostWaiting && !always)
      return Promise.reject(makeBusy(`${this.#queue.length} calls wait for their turn in this instance`));
    return this.#queueUp(enter, options, until);
  }

  /** Runs `enter`, which enters the guest plainly. */
  runSync<T>(enter: () => T): T {
    if (this.#closed !== undefined) throw this.#refusal();
    if (this.#call !== undefined) throw makeTrap('abi', 'The instance is in the middle of another call');
    this.#begin(noOptions, Infinity);
    this.limits.enter(false);
    try {
      return enter();
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#end();
    }
  }

  /** Lets no more calls in, so that the instance can be put back. @returns false where one is under way */
  close(): boolean {
    if (this.#call !== undefined || this.#closed === 'disposed') return false;
    this.#closed ??= 'restoring';
    return true;
  }

  /** Lets calls in again, also after a trap. @returns false where the instance was disposed of meanwhile */
  reopen(): boolean {
    if (this.#closed === 'disposed') return false;
    this.#closed = undefined;
    this.#reason = undefined;
    return true;
  }

  /** Ends the call under way and refuses all others. */
  dispose(): void {
    if (this.#closed === 'disposed') return;
    const first = this.#closed === undefined;
    this.#closed = 'disposed';
    if (!first) return;
    this.#refuseQueue();
    if (this.#call === undefined) this.onEnd?.();
    else this.#interrupt(makeTrap('cancelled', 'The instance was disposed of'));
  }

  #queueUp<T>(enter: () => Promise<T>, options: CallOptions, until: number): Promise<T> {
    const { deadline, signal } = options;
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        begin: () => {
          leave();
          const left = deadline === undefined ? options : { ...options, deadline: leftUntil(until) };
          resolve(this.#enter(enter, left, until));
        },
        refuse(trap) {
          leave();
          reject(trap);
        },
      };
      const giveUp = (trap: Trap): void => {
        this.#queue = this.#queue.filter((other) => other !== waiting);
        waiting.refuse(trap);
      };
      const onAbort = (): void => giveUp(makeCancelled());
      signal?.addEventListener('abort', onAbort);
      if (deadline !== undefined) timer = setTimeout(() => giveUp(makeDeadline(deadline)), deadline);
      this.#queue.push(waiting);
    });
  }

  #enter<T>(enter: () => Promise<T>, options: CallOptions, until: number): Promise<T> {
    const { limits } = this;
    this.#begin(options, until);
    limits.enter(true);
    let running: Promise<T>;
    try {
      running = enter();
    } catch (error) {
      const failure = this.#fail(error);
      this.#end();
      return Promise.reject(failure);
    }
    limits.leave();
    return running.then(
      (value) => {
        this.#end();
        return value;
      },
      (error: unknown) => {
        const failure = this.#fail(trapFromGuest(error));
        this.#end();
        throw failure;
      },
    );
  }

  #begin(options: CallOptions, until: number): void {
    const { deadline, signal } = options;
    const onAbort = signal === undefined ? undefined : () => this.#interrupt(makeCancelled());
    if (onAbort !== undefined) signal!.addEventListener('abort', onAbort);
    this.#call = { until, deadline: deadline ?? Infinity, signal, onAbort, timer: undefined };
    const { thread } = this.limits;
    if (thread.calls++ >= KEPT_STACKS) thread.overlapping++;
    this.limits.begin(options, until);
  }

  #end(): void {
    const call = this.#call!;
    this.limits.thread.calls--;
    this.limits.end();
    this.store.interrupt = undefined;
    if (call.timer !== undefined) clearTimeout(call.timer);
    if (call.onAbort !== undefined) call.signal!.removeEventListener('abort', call.onAbort);
    this.#call = undefined;
    if (this.#closed !== undefined) this.onEnd?.();
    else this.#queue.shift()?.begin();
  }

  /** The guest begins to wait for the host: from here on it is for a timer to end it. */
  #wait(): void {
    const call = this.#call!;
    this.limits.leave();
    if (call.until === Infinity || call.timer !== undefined) return;
    const giveUp = (): void => this.#interrupt(makeDeadline(call.deadline));
    call.timer = setTimeout(giveUp, leftUntil(call.until));
  }

  #interrupt(trap: Trap): void {
    if (this.store.interrupt !== undefined) this.store.interrupt(trap);
    else this.limits.cancel(trap);
  }

  #fail(error: unknown): unknown {
    if (!isTrap(error)) return error;
    if (this.#closed === undefined) {
      this.#closed = 'trapped';
      this.#reason = error;
      this.#refuseQueue();
    }
    return error;
  }

  #refuseQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const waiting of queue) waiting.refuse(this.#refusal());
  }

  #refusal(): Trap {
    if (this.#closed === 'restoring') return makeTrap('disposed', 'The instance is being restored');
    if (this.#reason === undefined) return makeTrap('disposed', 'The instance was disposed of');
    return makeTrap('disposed', `The instance trapped before: ${this.#reason.message}`, this.#reason);
  }
}

/** Whole milliseconds from now. */
function leftUntil(time: number): number {
  return Math.max(Math.ceil(time - performance.now()), 0);
}

function makeBusy(reason: string): Trap {
  return makeTrap('busy', `The call was refused: ${reason}`);
}

function makeCancelled(): Trap {
  return makeTrap('cancelled', 'The call was given up');
}

function makeDeadline(milliseconds: number): Trap {
  return makeTrap('deadline', `The call did not finish within its ${milliseconds} ms`);
}
