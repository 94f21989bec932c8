import type { MaybePromise } from './backend.ts';
import type { Config, Opened } from './capability.ts';
import { CapabilityError, placeError } from './error.ts';
import { guard, type Effect } from './resilience.ts';

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
  /** The schemes of backends that have a feature which this one lacks. */
  backendsWith(feature: Feature): readonly string[];
}

/** What the portable layers of all capabilities are made of. */
export interface PortableTools<Feature extends string> {
  /**
   * One operation: `check` looks at the arguments, `call` asks the backend. It ends at its deadline, is repeated where
   * that is safe, and fails with a `CapabilityError` only, which says where it happened. What is answered at once
   * is still answered at once; then errors are thrown, not rejected.
   * @param timeout milliseconds for this one, where they are not the usual
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
  { where, features, timeout: usual, backendsWith, hide = (error) => error }: PortableOptions<Feature>,
): PortableTools<Feature> {
  let closed = false;

  function describe(operation: string, effect: Effect, error: unknown): CapabilityError {
    return placeError(`${where}: ${operation}`, hide(error), effect === 'reads' ? 'none' : undefined);
  }

  function run<T>(
    operation: string,
    effect: Effect,
    check: () => void,
    call: () => MaybePromise<T>,
    timeout = usual,
  ): MaybePromise<T> {
    let answer: MaybePromise<T>;
    try {
      if (closed) throw new CapabilityError('cancelled', 'it is closed. Open it again');
      check();
      answer = call();
    } catch (error) {
      throw describe(operation, effect, error);
    }
    if (!(answer instanceof Promise)) return answer;
    return guard(answer, call, { effect, timeout, describe: (error) => describe(operation, effect, error) });
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
