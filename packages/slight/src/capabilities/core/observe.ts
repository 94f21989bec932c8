import type { MaybePromise } from './backend.ts';

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

/** Reports a call. One that answers at once still does. */
export function observed<T>(
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
