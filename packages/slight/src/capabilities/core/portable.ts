import { defaultResilience } from '../../slightfile/model.ts';
import type { Resilience } from '../../slightfile/model.ts';
import type { MaybePromise } from './backend.ts';
import { makeBreaker } from './breaker.ts';
import type { Config, Opened } from './capability.ts';
import { CapabilityError, placeError } from './error.ts';
import { leavesNothing, guard, type Effect } from './resilience.ts';

/** What a portable layer knows about the backend that it goes round. */
export interface PortableOptions<Feature extends string> {
  /** For messages: the capability, the name and the backend, without credentials. */
  readonly where: string;
  readonly features: ReadonlySet<Feature>;
  /** The settings of the name, checked, for capabilities that have some of their own. */
  readonly config?: Config;
  /** Takes secrets of the bind out of errors. */
  hide?(error: unknown): unknown;
  /** Milliseconds for one operation, its repetitions included. */
  readonly timeout: number;
  readonly resilience?: Omit<Resilience, 'deadline'> | undefined;
  /** Hears that the breaker opened or closed, in words. */
  report?(open: boolean, message: string): void;
  /** The schemes of backends that have a feature which this one lacks. */
  backendsWith(feature: Feature): readonly string[];
}

/** What the portable layers of all capabilities are made of. */
export interface PortableTools<Feature extends string> {
  /**
   * One operation: `check` looks at the arguments, `call` asks the backend. It ends at its deadline, is repeated where
   * that is safe, and fails with a `CapabilityError` only, which says where it happened. What is answered at once
   * is still answered at once; then errors are thrown, not rejected.
   * @param timeout milliseconds for this one, where it waits for something to happen: then it does not count as waiting for
   * the backend
   */
  run<T>(
    operation: string,
    effect: Effect,
    check: () => void,
    call: () => MaybePromise<T>,
    timeout?: number,
  ): MaybePromise<T>;
  /**
   * For checks.
   * @throws {CapabilityError} `unsupported` where the backend does not declare the feature, naming those that do
   */
  need(feature: Feature): void;
  /** `ping` and `close`, after which every operation is `cancelled`. */
  readonly opened: Opened;
}

const nothing = (): void => undefined;

/** The tools for the portable layer round one backend that is open. */
export function portableTools<Feature extends string>(
  backend: Opened,
  options: PortableOptions<Feature>,
): PortableTools<Feature> {
  const { where, features, timeout: usual, backendsWith, hide = (error) => error } = options;
  const { retries, breaker: failures, pending: mostPending } = options.resilience ?? defaultResilience;
  const breaker = makeBreaker({
    failures,
    report: (open, reason) =>
      options.report?.(
        open,
        open
          ? `${where}: left alone for a while after ${failures} operations in a row found it away: ${reason}`
          : `${where}: answers again`,
      ),
  });
  let closed = false;
  let pending = 0;
  /** Not every operation may be done now. */
  let strained = false;

  function describe(operation: string, effect: Effect, error: unknown): CapabilityError {
    return placeError(`${where}: ${operation}`, hide(error), leavesNothing(effect) ? 'none' : undefined);
  }

  // What a call in this process costs is decided here: whatever closes over its arguments stands in another function.
  function run<T>(
    operation: string,
    effect: Effect,
    check: () => void,
    call: () => MaybePromise<T>,
    timeout?: number,
  ): MaybePromise<T> {
    let answer: MaybePromise<T>;
    let probe = false;
    try {
      if (closed) throw new CapabilityError('cancelled', 'it is closed. Open it again');
      check();
      if (strained) probe = enter(operation, timeout);
      answer = call();
    } catch (error) {
      throw failed(operation, effect, error, probe);
    }
    if (answer instanceof Promise) return watchOver(answer, call, operation, effect, timeout, probe);
    if (probe) leave(undefined, probe);
    return answer;
  }

  function watchOver<T>(
    first: Promise<T>,
    again: () => MaybePromise<T>,
    operation: string,
    effect: Effect,
    timeout: number | undefined,
    probe: boolean,
  ): Promise<T> {
    const counts = timeout === undefined && operation !== 'ping';
    if (counts && ++pending >= mostPending) strained = true;
    return guard(first, again, {
      effect,
      timeout: timeout ?? usual,
      retries,
      describe: (error) => describe(operation, effect, error),
      end(error) {
        if (!counts) return;
        pending--;
        leave(error, probe);
      },
    });
  }

  function failed(operation: string, effect: Effect, error: unknown, probe: boolean): CapabilityError {
    const described = describe(operation, effect, error);
    if (probe) leave(described, probe);
    return described;
  }

  /** Whether this operation may be done now, and is the one that finds out whether the backend is back. */
  function enter(operation: string, timeout: number | undefined): boolean {
    // Who asks whether the backend answers must hear of it, and who lets go of it may.
    if (operation === 'ping' || operation === 'close') return false;
    if (pending >= mostPending && timeout === undefined) throw tooMany(mostPending);
    return breaker.enter(timeout === undefined);
  }

  function leave(error: CapabilityError | undefined, probe: boolean): void {
    breaker.leave(error, probe);
    strained = breaker.open || pending >= mostPending;
  }

  return {
    run,
    need(feature) {
      if (features.has(feature)) return;
      const others = backendsWith(feature);
      const fix = others.length === 0 ? '' : `. Backends that can: ${others.join(', ')}`;
      throw new CapabilityError('unsupported', `this backend has no \`${feature}\`${fix}`);
    },
    opened: {
      ping: () => run('ping', 'reads', nothing, () => backend.ping()),
      close() {
        if (closed) return undefined;
        const closing = run('close', 'reads', nothing, () => backend.close());
        closed = true;
        return closing;
      },
    },
  };
}

function tooMany(most: number): CapabilityError {
  return new CapabilityError(
    'resource-exhausted',
    `${most} operations wait for this backend already. Repeat this later; \`pending\` in [resilience] says how many may wait`,
    { retryable: true },
  );
}
