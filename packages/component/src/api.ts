import type { CoreModule } from './link/core-module.ts';
import type { World } from './world.ts';

/**
 * The public shapes of the engine. Plain data; the code that fills them lives beside this file.
 *
 * How WIT values look in JavaScript, in both directions:
 *
 * | WIT | JavaScript |
 * |---|---|
 * | bool, s8…u32, f32, f64, char, string | boolean, number, string |
 * | s64, u64 | bigint |
 * | list<u8> | Uint8Array (a copy, the receiver's to keep) |
 * | list<T>, tuple | array |
 * | record | object, names in camelCase |
 * | flags | object of booleans, names in camelCase |
 * | enum | string, as in WIT |
 * | variant | `{ tag, val? }`, tag as in WIT |
 * | option<T> | `T` or `undefined`; where T is itself an option: `{ tag: 'some' | 'none', val? }` |
 * | result<T, E> | `{ tag: 'ok' | 'err', val? }`, also as the result of a function |
 * | own<R>, borrow<R> of the host | the host's own object |
 * | own<R>, borrow<R> of the guest | a `GuestResource` |
 */
export type MaybePromise<T> = T | Promise<T>;

/**
 * A function that the host gives to a guest. It answers at once or with a promise: the guest waits for the promise
 * without holding a thread. Whatever it throws, or its promise rejects with, becomes a trap (`host-error`) that the
 * guest cannot catch; errors that the guest may see are returned as `{ tag: 'err', val }`.
 */
export type HostFunction = (...args: any[]) => unknown;

/**
 * One interface that the host serves: functions by their names in WIT (`get`, `[static]store.open`,
 * `[method]store.get`, `[constructor]store`). `[drop]store`, where present, hears of each owned `store` that the
 * guest lets go, or still has when its instance ends; while the guest runs it waits for a promise of that function too.
 */
export type HostInterface = { readonly [name: string]: HostFunction };

/**
 * What the host serves, by import name (`wasi:io/streams@0.2.12`) or, for a function imported by the world itself, by
 * that function's name. A name with a version also serves every version that semver calls compatible: `0.2.12` serves
 * an import of `0.2.0` and the other way round (same major, or same minor below 1.0).
 */
export type HostImports = { readonly [name: string]: HostInstance | HostFunction | CoreModule };

/** As `HostInterface`, for imports that hold core modules or interfaces themselves. */
export type HostInstance = { readonly [name: string]: HostFunction | HostInstance | CoreModule };

/** What may stop a component from becoming an instance. `component` errors name the import, the type or the offset. */
export type ComponentErrorCode =
  | 'not-wasm' // the bytes are no WebAssembly at all
  | 'core-module' // a core module where a component was expected
  | 'malformed' // truncated or broken
  | 'invalid' // well-formed, but not valid
  | 'unsupported' // uses a part of the Component Model that the engine does not have
  | 'missing-import' // see `imports`
  | 'link'; // an import is there but does not fit

export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  readonly code: ComponentErrorCode;
  /** With `missing-import`: the names that nobody gave, in the component's order. */
  readonly imports: readonly string[];
  /** Byte offset in the component, where one is known. */
  readonly offset: number | undefined;
  constructor(
    code: ComponentErrorCode,
    message: string,
    details: { imports?: readonly string[]; offset?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.imports = details.imports ?? [];
    this.offset = details.offset;
  }
}

/** Why a call ended without an answer. */
export type TrapCode =
  | 'unreachable' // the guest gave up: abort, panic, an uncaught exception
  | 'out-of-bounds' // memory, table or array; atomic access that is not aligned
  | 'arithmetic' // division by zero, overflow
  | 'indirect-call' // null or ill-typed reference, to a function or anything else
  | 'stack-overflow'
  | 'abi' // broke a rule of the Component Model; the message says which
  | 'host-error' // a host function failed; `cause` has the error
  | 'cpu' // its CPU budget is spent
  | 'deadline' // its time is over
  | 'cancelled' // the host gave the call up
  | 'busy' // refused before it began, since too many calls wait or are under way; the instance goes on
  | 'disposed'; // the instance is gone, or trapped earlier

/** A real WebAssembly trap object, which no guest can catch, with its reason on it. Made by `runtime/trap.ts`. */
export interface Trap extends WebAssembly.RuntimeError {
  readonly trap: TrapCode;
  readonly cause?: unknown;
}

export interface CompileOptions {
  /**
   * Rewrite the core modules so that memory and CPU limits hold. Default true. Without it `memory`, `cpu` and the
   * interruption of a busy guest have no effect.
   */
  readonly limits?: boolean;
  /**
   * Rewrite stores too, so that they note what they write to: then `Instance.restore` looks at that alone, where it would
   * compare all memory. Stores cost a little more. Default false.
   */
  readonly restorable?: boolean;
  /** Keeps rewritten core modules between runs, by a hash of their bytes and of the rewriter's version. */
  readonly cache?: ModuleCache;
}

export interface ModuleCache {
  get(key: string): MaybePromise<Uint8Array | undefined>;
  set(key: string, bytes: Uint8Array): MaybePromise<void>;
}

/** What a component asks for or offers, as data. */
export type ExternDescription =
  | { readonly kind: 'func'; readonly name: string; readonly async: boolean }
  | { readonly kind: 'instance'; readonly name: string; readonly functions: readonly string[] }
  | { readonly kind: 'component' | 'module' | 'type' | 'value'; readonly name: string };

/** Decoded, validated, rewritten and compiled once; instances are made from it as often as wanted. */
export interface Component {
  readonly imports: readonly ExternDescription[];
  readonly exports: readonly ExternDescription[];
  /** The same in full, with the types of all functions: plain data, made anew each time. */
  inspect(): World;
  /**
   * Makes an instance. `imports` is read once for each instance, so its functions may close over what is private
   * to that instance.
   * @throws {ComponentError} `missing-import` (all of them at once), `link`
   * @throws {Trap} where a start function traps
   */
  instantiate(imports: HostImports, options?: InstantiateOptions): Promise<Instance>;
}

export interface InstantiateOptions {
  /** Most bytes that each linear memory may have. Growing past it fails inside the guest. Default 256 MiB. */
  readonly memory?: number;
  /** CPU and wall-clock bounds, in milliseconds, of instantiation itself (start functions, initialisers). */
  readonly cpu?: number;
  /** Most calls that wait for their turn in this instance; one more is refused (`busy`). Default 1,000. */
  readonly queue?: number;
  /**
   * Keep what `Instance.restore` needs: one copy of the memories for all instances of a component that have the same
   * memory limit. Default false.
   */
  readonly restorable?: boolean;
  /**
   * When an instance ends or is restored, the host's resources that its guest still owns are dropped: those of these
   * names first, in this order, each kind once the one before is gone. Default: none.
   */
  readonly dropFirst?: readonly string[];
}

/** One instance. It runs one call at a time; calls made meanwhile wait their turn, first come first served. */
export interface Instance {
  /**
   * Calls an export: `run` for a function of the world, `ns:pkg/iface@1.0.0#run` for one of an interface (the version
   * may be any compatible one).
   * A host function that waits for a call into the instance that called it waits for ever, or until the deadline.
   * @throws {Trap} after which the instance answers every call with `disposed`. A call that was refused (`busy`), or that
   * was given up, or whose deadline came, before it had its turn leaves the instance as it is
   * @throws {TypeError} where an argument does not fit its type; the guest was not entered
   */
  call(name: string, args: readonly unknown[], options?: CallOptions): Promise<unknown>;
  /**
   * The same without the promise, for guests whose imports all answer at once. A host function that gives a promise
   * traps here (`abi`).
   */
  callSync(name: string, args: readonly unknown[]): unknown;
  /** The export looked up once, for hot calls. */
  bind(name: string): (args: readonly unknown[], options?: CallOptions) => Promise<unknown>;
  /** The core modules that it exports: `m` of the world, `ns:pkg/iface@1.0.0#m` of an interface. */
  readonly modules: ReadonlyMap<string, CoreModule>;
  /** Whether the instance can still be called. */
  readonly alive: boolean;
  /** Bytes of linear memory in use. */
  readonly memoryBytes: number;
  /**
   * Most bytes that a linear memory was to have, by what the guest asked for, and may not: since the instance was made or put
   * back. 0: it got what it asked for.
   */
  readonly memoryRefused: number;
  /** How many resources of the host the guest owns that the host hears of when they end, by their names. */
  held(): ReadonlyMap<string, number>;
  /**
   * Why `restore` cannot put this instance back; undefined: it can. An instance is restorable where that was asked for,
   * its initialisation called no function of the host, and its core modules change nothing but numbers in memories and
   * globals: no tables, no segments dropped, no garbage-collected objects.
   */
  readonly unrestorable: string | undefined;
  /**
   * Puts the instance back to what it was right after its instantiation, also after a trap: memories, globals, handles.
   * What the guest still owns of the host's is dropped (`InstantiateOptions.dropFirst` says in what order), with a
   * promise where that takes time; guest resources that the host holds become stale. Meanwhile calls are refused.
   *
   * @returns false where that is impossible: it is not restorable, a call is under way, or its memories have
   * grown by more than 4 MiB, which would stay in use; dispose of it then
   */
  restore(): MaybePromise<boolean>;
  /** Ends a call under way (`cancelled`), refuses those that wait, drops what the guest owned of the host's. */
  dispose(): void;
}

export interface CallOptions {
  /** Milliseconds of wall-clock time, from now, until the call traps with `deadline`. Default: none. */
  readonly deadline?: number;
  /** Milliseconds of CPU that the guest may use before it traps with `cpu`. Default: none. */
  readonly cpu?: number;
  /** Gives the call up when it fires: `cancelled`. */
  readonly signal?: AbortSignal;
}
