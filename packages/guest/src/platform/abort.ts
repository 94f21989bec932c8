import { inspect } from './inspect.ts';
import { DOMException } from './dom-exception.ts';
import { log } from '../log.ts';
import { setTimeout } from './timers.ts';

/** What a listener of a signal is given. */
export interface AbortEvent {
  readonly type: 'abort';
  readonly target: AbortSignal;
}

export type AbortListener = ((event: AbortEvent) => unknown) | { handleEvent(event: AbortEvent): unknown };

/** Keeps others from making signals of their own. */
const secret = Symbol('AbortSignal');

let makeSignal: () => AbortSignal;
let abortSignal: (signal: AbortSignal, reason: unknown) => void;

/** Says that something is not wanted any more, and why. Made by an AbortController, `timeout`, `abort` and `any`. */
export class AbortSignal {
  #aborted = false;
  #reason: unknown;
  readonly #listeners = new Map<AbortListener, { readonly once: boolean }>();
  /** One listener more, called before the others. */
  onabort: ((event: AbortEvent) => unknown) | null = null;

  static {
    makeSignal = () => new AbortSignal(secret);
    abortSignal = (signal, reason) => signal.#abort(reason);
  }

  constructor(key?: symbol) {
    if (key !== secret) throw new TypeError('an AbortSignal comes from an AbortController');
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Why; undefined as long as it is not aborted. */
  get reason(): any {
    return this.#reason;
  }

  /** @throws the reason, where it is aborted */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(type: 'abort', listener: AbortListener, options: { once?: boolean } = {}): void {
    if (type === 'abort' && !this.#listeners.has(listener))
      this.#listeners.set(listener, { once: options.once ?? false });
  }

  removeEventListener(type: 'abort', listener: AbortListener): void {
    if (type === 'abort') this.#listeners.delete(listener);
  }

  /** A signal that is aborted already. */
  static abort(reason?: unknown): AbortSignal {
    const signal = makeSignal();
    signal.#abort(reason ?? aborted());
    return signal;
  }

  /** A signal that is aborted after that many milliseconds, with a TimeoutError. */
  static timeout(milliseconds: number): AbortSignal {
    const signal = makeSignal();
    setTimeout(
      () => signal.#abort(new DOMException(`the time of ${milliseconds} ms is over`, 'TimeoutError')),
      milliseconds,
    );
    return signal;
  }

  /** A signal that is aborted as soon as one of these is. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const signal = makeSignal();
    const first = all.find((each) => each.aborted);
    if (first !== undefined) signal.#abort(first.reason);
    else
      for (const each of all)
        each.addEventListener('abort', () => signal.#abort(each.reason), { once: true });
    return signal;
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const event: AbortEvent = { type: 'abort', target: this };
    if (this.onabort !== null) notify(this.onabort, event);
    for (const [listener, { once }] of Array.from(this.#listeners)) {
      if (once) this.#listeners.delete(listener);
      notify(listener, event);
    }
  }
}

/** Aborts its signal. */
export class AbortController {
  readonly signal: AbortSignal = makeSignal();

  /** Without a reason it is a DOMException named AbortError. */
  abort(reason?: unknown): void {
    abortSignal(this.signal, reason ?? aborted());
  }
}

function aborted(): DOMException {
  return new DOMException('the operation was aborted', 'AbortError');
}

/** A listener that throws keeps neither the others nor who aborts from going on. */
function notify(listener: AbortListener, event: AbortEvent): void {
  try {
    if (typeof listener === 'function') listener.call(event.target, event);
    else listener.handleEvent(event);
  } catch (error) {
    log('error', `uncaught in a listener of an AbortSignal: ${inspect(error)}`);
  }
}
