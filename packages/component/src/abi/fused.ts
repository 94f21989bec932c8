import { releaseHandle } from '../runtime/handles.ts';
import type { Loans } from '../runtime/loans.ts';
import { isFromGuest, isTrap, makeTrap, trapAbi, trapFromGuest, trapFromHost } from '../runtime/trap.ts';
import { enter, leave, planEntry } from './entry.ts';
import { type FullLiftPlan, readCode, takeResult } from './lift.ts';
import type { LoweredCall } from './lower.ts';
import { type AbiContext, beginLift, createContext, takeLoans } from './memory.ts';
import type {
  AdapterBinding,
  CoreSignature,
  GuestCallee,
  InstanceContext,
  ResourceType,
  Task,
} from './model.ts';

/** One call from component to component, between its first half and its second. */
export interface FusedCall {
  /** The callee's core arguments, which the adapter fetches one by one. */
  readonly core: readonly unknown[];
  readonly task: Task;
  readonly pointer: number;
  readonly loans: Loans;
}

/**
 * Binds another component's function as an import. The adapter calls, from WebAssembly, `pre` (reads from the caller,
 * writes to the callee), the callee, and `post` (reads from the callee, writes to the caller): so the callee has no
 * JavaScript frame below it, and may wait.
 */
export function bindFused(lowered: LoweredCall, cx: AbiContext, callee: GuestCallee): AdapterBinding {
  const { instance, bindings, core } = callee;
  const { lifted, options, signature } = callee.plan as FullLiftPlan;
  const calleeCx = createContext(instance, options, bindings);
  const entered = planEntry(instance, cx.instance);
  const pointerAt = lowered.reader.flat.length;

  const pre = (...args: any[]): FusedCall => {
    try {
      if (!cx.instance.mayLeave) trapAbi('cannot leave component instance: a call to another component');
      cx.instance.store.onCall?.();
      beginLift(cx);
      const values = lowered.reader.readAll(cx, args);
      const loans = takeLoans(cx);
      const task = enter(entered, instance);
      task.awaiting = lifted.awaiting;
      calleeCx.memory.refresh();
      return { core: lifted.writer.write(calleeCx, values), task, pointer: args[pointerAt], loans };
    } catch (error) {
      throw wrap(error);
    }
  };
  const post = (call: FusedCall, result: any): unknown => {
    try {
      if (options.async && readCode(result ?? 0) !== 0)
        trapAbi('unsupported: an async export of a component yields to a component');
      const value = takeResult(lifted, calleeCx, call.task, bindings, result);
      leave(entered, instance, call.task);
      cx.memory.refresh();
      call.loans.release();
      return lowered.finish(cx, value, call.pointer);
    } catch (error) {
      throw wrap(error);
    }
  };
  return {
    signature: lowered.signature,
    shape: `guest ${write(lowered.signature)}|${write(signature)}`,
    imports: { pre, post, callee: core },
  };
}

function write(signature: CoreSignature): string {
  return `${signature.params.join()}>${signature.results.join()}`;
}

function wrap(error: unknown): unknown {
  if (isTrap(error)) return error;
  if (isFromGuest(error)) return trapFromGuest(error);
  return makeTrap('abi', `a call between components failed: ${String(error)}`, error);
}

/** `resource.drop`: a guest's destructor runs below WebAssembly, so that it too may wait. */
export function bindResourceDrop(instance: InstanceContext, type: ResourceType): AdapterBinding {
  const signature: CoreSignature = { params: ['i32'], results: [] };
  const { owner, destructor } = type;
  if (owner === undefined) {
    const start = (index: number): void => {
      const handle = releaseHandle(instance, type, index);
      if (handle === undefined) return;
      try {
        type.drop?.(handle.rep);
      } catch (error) {
        throw trapFromHost(error, `[drop]${type.name}`);
      }
    };
    return { signature, shape: 'direct', imports: { start } };
  }
  if (destructor === undefined) {
    return {
      signature,
      shape: 'direct',
      imports: { start: (index: number) => void releaseHandle(instance, type, index) },
    };
  }
  const entered = planEntry(owner, instance);
  let rep = 0;
  const pre = (index: number): number => {
    const handle = releaseHandle(instance, type, index);
    if (handle === undefined) return 0;
    enter(entered, owner);
    rep = handle.rep as number;
    return 1;
  };
  const post = (): void => leave(entered, owner, owner.task);
  return { signature, shape: 'drop', imports: { pre, rep: () => rep, post, callee: destructor } };
}
