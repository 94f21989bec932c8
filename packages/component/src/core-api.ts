import type { CallOptions, InstantiateOptions, MaybePromise } from './api.ts';

/**
 * A function that the host gives to a core module. It is called with the core values (i32, f32, f64: number; i64:
 * bigint; integers are signed) and answers with one, at once or with a promise: the guest waits for the promise without
 * holding a thread. Whatever it throws, or its promise rejects with, becomes a trap (`host-error`) that the guest cannot
 * catch; a trap stays what it is.
 */
export type CoreHostFunction = (...args: any[]) => unknown;

/** What the host serves, by the module name and the name of the import. */
export type CoreImports = {
  readonly [module: string]: { readonly [name: string]: CoreHostFunction };
};

/**
 * A guest from the inside of a call: for the functions of the host that it calls, and for the work of
 * `CoreInstance.run`. Outside of calls its functions throw.
 */
export interface CoreGuest {
  /**
   * A memory that it exports. Its `buffer` is another one after each growth, so take it anew after every call and every
   * wait. Do not grow it.
   */
  memory(name?: string): WebAssembly.Memory;
  /**
   * Calls an export that answers at once, such as an allocator: from a function of the host too, while the guest waits
   * for it. A function of the host that gives a promise traps in there (`abi`).
   * @throws {Trap} after which the whole call ends, whether or not this is caught
   */
  callSync(name: string, args: readonly unknown[]): any;
  /**
   * Calls an export that may wait. Only for the work of `CoreInstance.run`, one after the other.
   * @throws {Trap} as `callSync`, by rejecting
   */
  call(name: string, args: readonly unknown[]): Promise<any>;
}

/** `dropFirst` aside, as for components. */
export type CoreInstantiateOptions = Omit<InstantiateOptions, 'dropFirst'>;

/**
 * An instance of a core module: one call at a time runs in it, the others wait their turn. Arguments and results are
 * core values as in `CoreHostFunction`; several results are an array.
 */
export interface CoreInstance {
  /**
   * Calls an exported function.
   * @throws {Trap} after which the instance answers every call with `disposed`, until it is restored
   * @throws {TypeError} where there is no such function or an argument does not fit; the guest was not entered
   */
  call(name: string, args: readonly unknown[], options?: CallOptions): Promise<any>;
  /** The same without the promise. A function of the host that gives a promise traps here (`abi`). */
  callSync(name: string, args: readonly unknown[]): any;
  /**
   * Several calls as one, with one deadline and one CPU budget: as to allocate, to write arguments, to call, to read the
   * result and to free it. Whatever `work` rejects with becomes a trap and ends the instance. Time in which it waits for
   * something other than the guest is looked at when it enters the guest again.
   */
  run<T>(work: (guest: CoreGuest) => MaybePromise<T>, options?: CallOptions): Promise<T>;
  /** Whether the instance can still be called. */
  readonly alive: boolean;
  /** Bytes of linear memory in use. */
  readonly memoryBytes: number;
  /** Why `restore` cannot put this instance back; undefined: it can. As for components. */
  readonly unrestorable: string | undefined;
  /**
   * Puts memories and globals back to what they were right after the instantiation, also after a trap.
   * @returns false where that is impossible: it is not restorable, a call is under way, or its memories have grown by
   * more than 4 MiB; dispose of it then
   */
  restore(): boolean;
  /** Ends a call under way (`cancelled`) and refuses those that wait. */
  dispose(): void;
}
