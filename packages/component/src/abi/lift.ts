import { trapAbi, trapFromGuest } from '../runtime/trap.ts';
import type { Codec } from './codec.ts';
import { compileType } from './compile.ts';
import { enter, leave, planEntry } from './entry.ts';
import { countFlat, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from './layout.ts';
import { type AbiContext, beginLift, callLeaf, checkBlock, createContext } from './memory.ts';
import type {
  CanonBindings,
  CanonOptions,
  CoreFunction,
  CoreSignature,
  FuncType,
  GuestCallee,
  InstanceContext,
  LiftPlan,
  Task,
  TaskReturnPlan,
  ValueType,
} from './model.ts';
import { canWait } from './pending.ts';
import { type ArgWriter, planReader, planWriter } from './params.ts';

/** What the bindings need of a lifted function. */
export interface LiftedCall {
  readonly writer: ArgWriter;
  /** What `task.return` must be called with, of an asynchronous lift. */
  readonly awaiting: string | undefined;
  /** Reads the result out of the core result. */
  read(cx: AbiContext, core: any): unknown;
}

/** A `LiftPlan` as this module makes them. */
export interface FullLiftPlan extends LiftPlan {
  readonly lifted: LiftedCall;
}

/** Plans a function that a guest exports. */
export function liftFunction(type: FuncType, options: CanonOptions): LiftPlan {
  const params = type.params.map((param) => compileType(param.type, options.encoding));
  const result = type.result && compileType(type.result, options.encoding);
  const writer = planWriter(type.params, params, MAX_FLAT_PARAMS);
  const lifted: LiftedCall = {
    writer,
    awaiting: options.async ? resultKey(type.result) : undefined,
    read: planRead(result),
  };
  const spilled = result !== undefined && result.flat.length > MAX_FLAT_RESULTS;
  // Without a callback an asynchronous function waits inside, and returns when it is done.
  const returned = options.callback === true ? (['i32'] as const) : [];
  const results = options.async ? returned : spilled ? (['i32'] as const) : (result?.flat ?? []);
  const plan: FullLiftPlan = {
    type,
    options,
    signature: { params: writer.flat, results },
    spilled: { params: countFlat(params) > MAX_FLAT_PARAMS, result: spilled && !options.async },
    lifted,
    bind: (instance, bindings, core) => new BoundExport(plan, instance, bindings, core),
  };
  return plan;
}

function planRead(result: Codec | undefined): LiftedCall['read'] {
  if (result === undefined) return () => undefined;
  const { lift1, load, size, align } = result;
  if (lift1 !== undefined) return lift1;
  if (result.flat.length <= MAX_FLAT_RESULTS) return (cx, core) => result.lift(cx, [core], 0);
  return (cx, core) => {
    checkBlock(cx, core >>> 0, align, size, 'result');
    return load(cx, core >>> 0);
  };
}

/** Takes the result of a call that returned, and ends it as the Canonical ABI says. */
export function takeResult(
  lifted: LiftedCall,
  cx: AbiContext,
  task: Task,
  bindings: CanonBindings,
  core: any,
): unknown {
  beginLift(cx);
  if (lifted.awaiting !== undefined) {
    if (task.awaiting !== undefined) trapAbi('an async export ended without calling task.return');
    return task.result;
  }
  const value = lifted.read(cx, core);
  checkBorrows(task);
  if (bindings.postReturn !== undefined) callLeaf(cx, bindings.postReturn, core);
  return value;
}

function checkBorrows(task: Task): void {
  if (task.borrows > 0) trapAbi(`borrow handles still remain at the end of the call: ${task.borrows}`);
}

const EXIT = 0;
const YIELD = 1;

class BoundExport implements GuestCallee {
  readonly kind = 'guest';
  readonly plan: FullLiftPlan;
  readonly instance: InstanceContext;
  readonly bindings: CanonBindings;
  readonly core: CoreFunction;
  readonly #cx: AbiContext;
  readonly #entered: readonly InstanceContext[];
  #promising: CoreFunction | undefined;
  #promisingCallback: CoreFunction | undefined;

  constructor(plan: FullLiftPlan, instance: InstanceContext, bindings: CanonBindings, core: CoreFunction) {
    this.plan = plan;
    this.instance = instance;
    this.bindings = bindings;
    this.core = core;
    this.#cx = createContext(instance, plan.options, bindings);
    this.#entered = planEntry(instance, undefined);
  }

  call(args: readonly unknown[]): Promise<unknown> {
    this.plan.lifted.writer.check(this.#cx, args);
    try {
      const task = this.#enter();
      const core = this.plan.lifted.writer.write(this.#cx, args);
      this.instance.store.suspendable = canWait;
      const ended = apply((this.#promising ??= promise(this.core)), core) as Promise<unknown>;
      if (this.plan.options.async && this.bindings.callback !== undefined) {
        return this.#runCallbacks(ended as Promise<number>, task);
      }
      return ended.then(
        (result) => this.#leave(task, result),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      return Promise.reject(trapFromGuest(error));
    }
  }

  callSync(args: readonly unknown[]): unknown {
    this.plan.lifted.writer.check(this.#cx, args);
    try {
      const task = this.#enter();
      const core = this.plan.lifted.writer.write(this.#cx, args);
      this.instance.store.suspendable = false;
      let result: any = apply(this.core, core);
      if (this.plan.options.async && this.bindings.callback !== undefined) {
        while (readCode(result) !== EXIT) result = this.bindings.callback(0, 0, 0);
      }
      return this.#leave(task, result);
    } catch (error) {
      throw trapFromGuest(error);
    }
  }

  #enter(): Task {
    const task = enter(this.#entered, this.instance);
    task.awaiting = this.plan.lifted.awaiting;
    this.#cx.memory.refresh();
    return task;
  }

  #leave(task: Task, core: unknown): unknown {
    try {
      // The post-return function runs in a turn of its own.
      if (this.bindings.postReturn !== undefined) this.instance.store.onResume?.();
      const value = takeResult(this.plan.lifted, this.#cx, task, this.bindings, core);
      leave(this.#entered, this.instance, task);
      return value;
    } catch (error) {
      throw trapFromGuest(error);
    }
  }

  #fail(error: unknown): never {
    this.instance.store.interrupt = undefined;
    throw trapFromGuest(error);
  }

  /** The event loop of an asynchronous lift. The only event that it knows is none. */
  async #runCallbacks(first: Promise<number>, task: Task): Promise<unknown> {
    try {
      let packed = await first;
      while (readCode(packed) !== EXIT) {
        await this.#yieldToHost();
        this.#promisingCallback ??= promise(this.bindings.callback!);
        packed = await this.#promisingCallback(0, 0, 0);
      }
    } catch (error) {
      this.#fail(error);
    }
    return this.#leave(task, undefined);
  }

  /** Lets whatever else the host has to do come first: a wait like that for a host function. */
  async #yieldToHost(): Promise<void> {
    const { store } = this.instance;
    await new Promise<void>((resolve, reject) => {
      store.interrupt = reject;
      store.onWait?.();
      nextTurn(resolve);
    });
    store.interrupt = undefined;
    store.suspendable = canWait;
    store.onResume?.();
  }
}

function promise(core: CoreFunction): CoreFunction {
  return canWait ? WebAssembly.promising(core) : async (...args) => core(...args);
}

/** @returns what a callback asks for: to end, or to be called again */
export function readCode(packed: number): typeof EXIT | typeof YIELD {
  const code = packed & 0xf;
  if (code === EXIT || code === YIELD) return code;
  return trapAbi(code === 2 ? 'unsupported: waiting on a waitable set' : `unsupported callback code ${code}`);
}

function nextTurn(run: () => void): void {
  const { setImmediate, setTimeout } = globalThis as unknown as Record<string, (run: () => void) => unknown>;
  (setImmediate ?? setTimeout)!(run);
}

function apply(call: CoreFunction, core: readonly unknown[]): unknown {
  switch (core.length) {
    case 0:
      return call();
    case 1:
      return call(core[0]);
    case 2:
      return call(core[0], core[1]);
    case 3:
      return call(core[0], core[1], core[2]);
    case 4:
      return call(core[0], core[1], core[2], core[3]);
    default:
      return call(...core);
  }
}

function resultKey(type: ValueType | undefined): string {
  return JSON.stringify(type ?? null);
}

/** Plans `task.return`, by which an asynchronous export gives its result. */
export function planTaskReturn(result: ValueType | undefined, options: CanonOptions): TaskReturnPlan {
  const reader = planReader(result ? [compileType(result, options.encoding)] : [], MAX_FLAT_PARAMS);
  const key = resultKey(result);
  const signature: CoreSignature = { params: reader.flat, results: [] };
  const bind = (instance: InstanceContext, bindings: CanonBindings): CoreFunction => {
    const cx = createContext(instance, options, bindings);
    return (...core) => {
      const { task } = instance;
      if (!instance.mayLeave) trapAbi('cannot leave component instance: task.return');
      if (task.awaiting === undefined)
        trapAbi('task.return: no async call awaits a result, or it has one already');
      if (task.awaiting !== key) trapAbi('task.return: the result has another type than the export');
      beginLift(cx);
      task.result = reader.readAll(cx, core)[0];
      checkBorrows(task);
      task.awaiting = undefined;
    };
  };
  return { signature, bind };
}
