/**
 * What the linker, the lifting and lowering code and the run time say to each other: resolved types, the state of one
 * component instance, and the two compositions. Plain data except for the handle table.
 *
 * A type is compiled once for a component ("plan") and bound for each instance. Since resource types come into being
 * with instances, a type names a resource by its slot, a number that `InstanceContext.resources` resolves at run time.
 */
import type { HostFunction } from '../api.ts';
import type { HandleTable } from '../runtime/handles.ts';

export type PrimitiveKind =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string';

/** A value type with all references followed. Names are as in WIT (kebab-case). */
export type ValueType =
  | { readonly kind: PrimitiveKind }
  /** With `length`: a list of that many elements, stored in place. */
  | { readonly kind: 'list'; readonly element: ValueType; readonly length?: number }
  | { readonly kind: 'record'; readonly fields: readonly RecordField[] }
  | { readonly kind: 'tuple'; readonly types: readonly ValueType[] }
  | { readonly kind: 'variant'; readonly cases: readonly VariantCase[] }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  /** At most 32 names. */
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'option'; readonly type: ValueType }
  | { readonly kind: 'result'; readonly ok?: ValueType | undefined; readonly err?: ValueType | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  /** These have a layout; lifting or lowering one traps. */
  | { readonly kind: 'stream' | 'future'; readonly element?: ValueType | undefined }
  | { readonly kind: 'error-context' };

export interface RecordField {
  readonly name: string;
  readonly type: ValueType;
}

export interface VariantCase {
  readonly name: string;
  readonly type?: ValueType | undefined;
}

export interface FuncType {
  readonly params: readonly RecordField[];
  readonly result?: ValueType | undefined;
  readonly async: boolean;
}

export type CoreType = 'i32' | 'i64' | 'f32' | 'f64';

export interface CoreSignature {
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
}

/** A function of core WebAssembly, or one that stands for it. */
export type CoreFunction = (...args: any[]) => any;

/** The canonical options that are known when a component is planned. */
export interface CanonOptions {
  readonly encoding: 'utf8' | 'utf16' | 'latin1+utf16';
  /** Lifted: the result comes by `task.return`. Lowered: the call answers that it is over. */
  readonly async: boolean;
  /** Lifted asynchronously: whether a callback goes on with the call, as the core result says. */
  readonly callback?: boolean;
}

/** The canonical options that come into being with an instance. */
export interface CanonBindings {
  readonly memory?: WebAssembly.Memory | undefined;
  readonly realloc?: CoreFunction | undefined;
  readonly postReturn?: CoreFunction | undefined;
  readonly callback?: CoreFunction | undefined;
}

/** One resource type of one instance: compared by identity. */
export interface ResourceType {
  readonly name: string;
  /** The instance that implements it; undefined: the host. */
  readonly owner: InstanceContext | undefined;
  /** Goes up when the instance is put back: what the host holds from before is stale. */
  generation: number;
  /** Hears of the end of an owned resource: its object (the host's), or its representation (a guest's). */
  drop: ((rep: any) => void) | undefined;
  /** The destructor of a guest's resource, where it has one, as a core function: `(rep: i32)`. */
  destructor?: CoreFunction | undefined;
}

/** Shared by all component instances below one root instance: at most one call at a time runs in there. */
export interface Store {
  /** Whether WebAssembly now at the top of the stack may wait: entered by a promise, no JavaScript frame between. */
  suspendable: boolean;
  /** Set while the call under way waits for a promise of the host: ends it with this trap object. */
  interrupt: ((trap: WebAssembly.RuntimeError) => void) | undefined;
  /** Called when the call under way starts to wait for the host, and when it goes on. */
  onWait: (() => void) | undefined;
  onResume: (() => void) | undefined;
  /**
   * Called where a guest has called the host or another component, before its values are read and now and then meanwhile.
   * Throws where its time is over.
   */
  onCall: (() => void) | undefined;
  /** Whether a guest has called the host since the instance began. */
  calledHost: boolean;
}

/** One call into a component instance. */
export interface Task {
  /** What `context.get` reads and `context.set` writes. */
  readonly context: number[];
  /** Borrowed handles made for this call that the guest still holds. */
  borrows: number;
  /** The task that this one interrupts in the same instance. */
  readonly outer: Task | undefined;
  /** Of an asynchronous lift: which result `task.return` has to give; undefined once it did. */
  awaiting: string | undefined;
  /** What `task.return` gave. */
  result: unknown;
}

/** The state of one component instance. */
export interface InstanceContext {
  readonly store: Store;
  /** The component instance in which this one was made. */
  readonly parent: InstanceContext | undefined;
  readonly handles: HandleTable;
  /** By slot, as in `ValueType`. Filled by the linker before the first call. */
  readonly resources: ResourceType[];
  mayEnter: boolean;
  mayLeave: boolean;
  /** The call that runs now; outside of calls one that belongs to the instantiation. */
  task: Task;
}

/** A function of the host, as a callee. `name` is for messages: `wasi:io/poll@0.2.0#poll`. */
export interface HostCallee {
  readonly kind: 'host';
  readonly name: string;
  readonly call: HostFunction;
}

/** A core function lifted in its instance, as a callee and as a JavaScript function. Made by `LiftPlan.bind`. */
export interface GuestCallee {
  readonly kind: 'guest';
  readonly plan: LiftPlan;
  readonly instance: InstanceContext;
  readonly bindings: CanonBindings;
  readonly core: CoreFunction;
  /**
   * Calls it so that the guest may wait for promises of the host. Throws a TypeError, at once and without having
   * entered the guest, where an argument does not fit.
   * @throws {Trap} by rejecting
   */
  call(args: readonly unknown[]): Promise<unknown>;
  /** Calls it so that a promise of the host traps (`abi`). */
  callSync(args: readonly unknown[]): unknown;
}

export type Callee = HostCallee | GuestCallee;

/** One core function for a guest to import, before `instantiateAdapters` of `link/adapters.ts` gives it its code. */
export interface AdapterBinding {
  readonly signature: CoreSignature;
  /** Which adapter code it needs; same shape, same code. */
  readonly shape: string;
  /** What that code imports. */
  readonly imports: Readonly<Record<string, unknown>>;
}

/** What does not fit into core values and so lies in memory, as one tuple or where a pointer says. */
export interface Spilled {
  readonly params: boolean;
  readonly result: boolean;
}

/** `canon lower`, planned. */
export interface LowerPlan {
  readonly type: FuncType;
  readonly options: CanonOptions;
  readonly signature: CoreSignature;
  readonly spilled: Spilled;
  /** `instance` and `bindings` are the caller's. */
  bind(instance: InstanceContext, bindings: CanonBindings, callee: Callee): AdapterBinding;
}

/** `canon lift`, planned. */
export interface LiftPlan {
  readonly type: FuncType;
  readonly options: CanonOptions;
  /** What the core function must have. */
  readonly signature: CoreSignature;
  readonly spilled: Spilled;
  bind(instance: InstanceContext, bindings: CanonBindings, core: CoreFunction): GuestCallee;
}

/** `task.return`, planned. */
export interface TaskReturnPlan {
  readonly signature: CoreSignature;
  bind(instance: InstanceContext, bindings: CanonBindings): CoreFunction;
}

/** `lowerFunction` of `abi/lower.ts`. */
export type LowerFunction = (type: FuncType, options: CanonOptions) => LowerPlan;
/** `liftFunction` of `abi/lift.ts`. */
export type LiftFunction = (type: FuncType, options: CanonOptions) => LiftPlan;
/** `planTaskReturn` of `abi/lift.ts`. */
export type PlanTaskReturn = (result: ValueType | undefined, options: CanonOptions) => TaskReturnPlan;
/** `instantiateAdapters` of `link/adapters.ts`: one core instance for all of them, functions in the same order. */
export type InstantiateAdapters = (bindings: readonly AdapterBinding[]) => CoreFunction[];
