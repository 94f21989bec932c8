/**
 * The core-module services as the linker sees them. One core module goes through four steps:
 *
 * 1. once per module: `prepareModule(bytes, options)` in `prepare.ts` validates, refuses, rewrites;
 * 2. once per module: the linker compiles `prepared.bytes`;
 * 3. once per component instance (the whole tree): `createLimits(hostThread(), { memory })` in `limits.ts`;
 * 4. once per core instance: `instantiateModule(module, prepared.shape, imports, limits)` in `instance.ts`, and then its
 *    `start`, if there is one, between `enter` and `leave`.
 *
 * Nothing of what the rewriting added is visible in `CoreInstance.exports`: a component that names an added export must
 * not find it, so linkers read exports from there and never from the WebAssembly.Instance.
 */
import type { ModuleCache, Trap } from '../api.ts';

export interface PrepareOptions {
  /** Rewrite, so that memory and CPU limits hold. Default true. */
  readonly limits?: boolean;
  /** Have stores note what they write to, where they can. Default false. */
  readonly noteStores?: boolean;
  /** Keeps rewritten modules. Whoever writes to it decides what guests run: keep it out of their reach. */
  readonly cache?: ModuleCache;
}

export interface PreparedModule {
  /** What to compile. */
  readonly bytes: Uint8Array;
  /** What `instantiateModule` must add; undefined where nothing was rewritten. */
  readonly shape: ModuleShape | undefined;
}

/** A linear memory that the module defined and the host now makes for it. Sizes are in pages of 64 KiB. */
export interface MemoryShape {
  readonly initial: number;
  readonly maximum?: number;
  /** Addressed by i64 (memory64). */
  readonly wide: boolean;
}

/** What the rewriting added to a module: plain data, kept in a custom section of the rewritten bytes. */
export interface ModuleShape {
  /**
   * Module name of the added imports, and the beginning of the names of the added exports. The guest uses neither.
   *
   * | import | what |
   * |---|---|
   * | `memory0`, `memory1`, … | the memories that the module defined, under their own indexes |
   * | `flag` | the thread's flag, behind the guest's memories |
   * | `marks` | the marks of the guest's one memory, last of all memories |
   *
   * | export | what |
   * |---|---|
   * | `<prefix>/functions` | table of tick and grow: filled by the host before any guest code runs |
   * | `<prefix>/memories` | table of externref: the virtual size's keeper for each memory in `sized` |
   * | `<prefix>/size0`, … | what `memory.size` reads of each memory in `sized`: set by its keeper |
   * | `<prefix>/start` | the start function |
   * | `<prefix>/global0`, … | the mutable globals that the module defines |
   */
  readonly prefix: string;
  /** Memories that the guest itself imports: they come first in the index space. */
  readonly imported: readonly { readonly module: string; readonly name: string }[];
  readonly defined: readonly MemoryShape[];
  /** Indexes of the memories that `memory.size` or `memory.grow` names, in the order of the table of keepers. */
  readonly sized: readonly number[];
  /** Whether it looks at the flag: it has loops, or functions that can call more than once. */
  readonly interruptible: boolean;
  readonly start: boolean;
  /** How many mutable globals there are. */
  readonly globals: number;
  /** Whether it has stores that set marks: see `marks.ts`. */
  readonly marks: boolean;
  /** Whether every write of it to memory sets marks. */
  readonly noted: boolean;
  /** Why an instance cannot be put back to an earlier state: what the module has. Undefined: it can. */
  readonly lasting?: string;
}

export interface CoreInstance {
  /** What the guest exports, and only that. */
  readonly exports: WebAssembly.Exports;
  /**
   * The module's start function, not run yet: run it before anything else, promising or plain. Undefined where there
   * is none (or where nothing was rewritten: then it has already run).
   */
  readonly start: (() => void) | undefined;
}

/** What one call may use. Times in milliseconds. */
export interface CallLimits {
  /** CPU that the guest may use, suspensions not counted. Default: no bound. */
  readonly cpu?: number;
  /** Wall-clock time from now. Looked at while the guest runs; a suspended guest is the caller's to end. Default: none. */
  readonly deadline?: number;
}

/**
 * The limits of one component instance: all its core instances share them. Several such instances live on a thread, one
 * of them runs at a time.
 *
 * ```
 * limits.begin({ cpu, deadline })            once per call
 *   limits.enter(true)                       as the guest gets the thread, through WebAssembly.promising
 *     … a host function gives a promise:     limits.leave() before the suspension, limits.enter(true) after it
 *   limits.leave()                           as it gives the thread back, in a `finally`
 *   limits.enter(false) … limits.leave()     entered from JavaScript without promising (callSync, realloc, post-return)
 * limits.end()
 * ```
 * Entries nest: glue that calls realloc need not know whether the guest is on the stack below.
 */
export interface Limits {
  /** Most bytes of each linear memory. */
  readonly memory: number;
  /** Bytes of all linear memories, by their virtual sizes. */
  readonly memoryBytes: number;
  /** Most bytes that one of them was to have and may not; 0: none was refused. */
  readonly memoryRefused: number;
  /** @param until when the deadline is, on the clock of `performance.now`; default: so long from now */
  begin(call: CallLimits, until?: number): void;
  /** @param suspendable no JavaScript frame lies between the guest and `WebAssembly.promising` */
  enter(suspendable: boolean): void;
  leave(): void;
  /** Also gives the thread back, where entries are still open. */
  end(): void;
  /**
   * Makes the call under way end with `trap` as soon as the guest runs on. A guest that is suspended in a host
   * function must be ended there, by rejecting with the trap.
   */
  cancel(trap: Trap): void;
}
