import type { MaybePromise } from './backend.ts';
import type { Opened, Operations } from './capability.ts';

/** One kind of call, as it is reported. Made once, and used for all calls of that kind. Nothing in it is secret. */
export interface Operation {
  /** `keyvalue`. */
  readonly capability: string;
  /** `get`. */
  readonly operation: string;
  /** As the app opened it: `orders`. */
  readonly name: string;
  /** The backend: `redis`. */
  readonly system: string;
  /** The server, for a backend that has one. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** Hears that a call begins; what it gives is called once, when the call is over, with the error where it failed. */
export type ObserveCall = (operation: Operation) => (error?: unknown) => void;

/** The operations of one thing that is opened, as they are reported. */
export type Reported<Contract extends Opened> = {
  readonly [Method in keyof Operations<Contract>]: Operation;
};

export function describeOperations<Contract extends Opened>(
  names: Operations<Contract>,
  place: Omit<Operation, 'operation'>,
): Reported<Contract> {
  const entries = Object.entries<string>(names).map(([method, operation]) => [
    method,
    { operation, ...place },
  ]);
  return Object.fromEntries(entries) as Reported<Contract>;
}

/** Makes what an app opens report each call: which operation on which name, never its arguments or its answer. */
export type Observed<Contract extends Opened> = new (
  target: Contract,
  operations: Reported<Contract>,
  observe: ObserveCall,
) => Contract;

type Method = (...args: unknown[]) => MaybePromise<unknown>;

interface State {
  readonly target: { readonly [method: string]: Method };
  readonly operations: { readonly [method: string]: Operation };
  readonly observe: ObserveCall;
}

/**
 * The class for a contract. A class, since one is made whenever a guest opens a name: closures would be made anew each
 * time.
 */
export function observedClass<Contract extends Opened>(names: Operations<Contract>): Observed<Contract> {
  class Wrapped implements State, Opened {
    readonly target: State['target'];
    readonly operations: State['operations'];
    readonly observe: ObserveCall;

    constructor(target: State['target'], operations: State['operations'], observe: ObserveCall) {
      this.target = target;
      this.operations = operations;
      this.observe = observe;
    }

    ping(): MaybePromise<void> {
      return this.target.ping!() as MaybePromise<void>;
    }

    close(): MaybePromise<void> {
      return this.target.close!() as MaybePromise<void>;
    }
  }
  for (const [name, operation] of Object.entries<string>(names)) {
    const follows = following.has(operation);
    const method = function (this: State, a: unknown, b: unknown, c: unknown, d: unknown) {
      const given = reportCall(this.observe, this.operations[name]!, () => this.target[name]!(a, b, c, d));
      return follows ? reportNext(this.observe, this.operations[name]!, given) : given;
    };
    Object.defineProperty(Wrapped.prototype, name, { value: method });
  }
  return Wrapped as unknown as Observed<Contract>;
}

/** Operations that give what is asked again and again for what has happened meanwhile. */
const following: ReadonlySet<string> = new Set(['watch', 'listen']);

/** What such an operation gives. */
interface Followed {
  next(first: number, second?: number): MaybePromise<unknown>;
  close(): void;
}

/** Reports each `next`, as `watch.next`: its time is mostly that in which nothing happened. */
function reportNext(observe: ObserveCall, operation: Operation, given: unknown): unknown {
  if (given instanceof Promise) return given.then((followed) => reportNext(observe, operation, followed));
  const followed = given as Followed;
  const next = { ...operation, operation: `${operation.operation}.next` };
  return {
    next: (first, second) => reportCall(observe, next, () => followed.next(first, second)),
    close: () => followed.close(),
  } satisfies Followed;
}

/** Reports a call. One that answers at once still does. */
function reportCall<T>(
  observe: ObserveCall,
  operation: Operation,
  run: () => MaybePromise<T>,
): MaybePromise<T> {
  const end = observe(operation);
  let answer: MaybePromise<T>;
  try {
    answer = run();
  } catch (error) {
    end(error);
    throw error;
  }
  if (!(answer instanceof Promise)) {
    end();
    return answer;
  }
  return answer.then(
    (value) => {
      end();
      return value;
    },
    (error: unknown) => {
      end(error);
      throw error;
    },
  );
}
