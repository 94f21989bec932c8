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

/** Hears that a call begins; what it gives is called when the call is over, with the error where it failed; not at all
 * where it turns out that there is nothing to report. */
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
  for (const name of Object.keys(names)) {
    const method = function (this: State, a: unknown, b: unknown, c: unknown, d: unknown) {
      const operation = this.operations[name]!;
      const given = reportCall(this.observe, operation, () => this.target[name]!(a, b, c, d));
      return operation.operation in parts ? reportParts(this.observe, operation, given) : given;
    };
    Object.defineProperty(Wrapped.prototype, name, { value: method });
  }
  return Wrapped as unknown as Observed<Contract>;
}

/** A method of what an operation gives. */
interface Part {
  readonly method: string;
  /** What it is reported as. */
  readonly operation: string;
  /** Only where it does not answer at once: a page that came along with the one before, a rollback after the commit ask nobody anything. */
  readonly onlyLater?: true;
}

const rows: readonly Part[] = [{ method: 'next', operation: 'rows.next', onlyLater: true }];

/** What operations give that has a life of its own, and what is reported of it. */
const parts: { readonly [operation: string]: readonly Part[] } = {
  // The time of these is mostly that in which nothing happened.
  watch: [{ method: 'next', operation: 'watch.next' }],
  listen: [{ method: 'next', operation: 'listen.next' }],
  query: rows,
  'transaction.query': rows,
  'prepared.query': rows,
  prepare: [
    { method: 'query', operation: 'prepared.query' },
    { method: 'execute', operation: 'prepared.execute' },
  ],
  begin: [
    { method: 'query', operation: 'transaction.query' },
    { method: 'execute', operation: 'transaction.execute' },
    { method: 'commit', operation: 'transaction.commit' },
    { method: 'rollback', operation: 'transaction.rollback', onlyLater: true },
  ],
  // An object is there when its stream is finished.
  write: [{ method: 'finish', operation: 'write.finish' }],
};

function reportParts(observe: ObserveCall, place: Operation, given: unknown): unknown {
  if (given instanceof Promise) return given.then((late: unknown) => reportParts(observe, place, late));
  const target = given as { readonly [method: string]: Method };
  const observed: { [method: string]: Method } = { ...target };
  for (const { method, operation: name, onlyLater } of parts[place.operation]!) {
    const operation = { ...place, operation: name };
    observed[method] = (...args) => {
      const answer = reportCall(observe, operation, () => target[method]!(...args), onlyLater);
      return (name in parts ? reportParts(observe, operation, answer) : answer) as MaybePromise<unknown>;
    };
  }
  return observed;
}

/** Reports a call. One that answers at once still does, and is not reported where it is so `onlyLater`. */
function reportCall<T>(
  observe: ObserveCall,
  operation: Operation,
  run: () => MaybePromise<T>,
  onlyLater = false,
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
    if (!onlyLater) end();
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
