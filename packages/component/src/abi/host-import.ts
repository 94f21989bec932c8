import type { Loans } from '../runtime/loans.ts';
import { trapAbi, trapFromHost } from '../runtime/trap.ts';
import type { Drops } from './discard.ts';
import type { LoweredCall } from './lower.ts';
import { type AbiContext, beginLift, takeLoans } from './memory.ts';
import type { AdapterBinding, HostCallee, ResourceType } from './model.ts';
import { raisePending } from './pending.ts';

const ignore = (): void => undefined;

/**
 * A call whose answer is a promise, with what has to outlive the wait. One object serves all calls of a function, one
 * after the other: making it, its closures and the promise's reactions anew would cost a third of a suspended call.
 * A call that is given up takes it along; what the host's promise gives later is let go, and concerns nobody else.
 */
class HostCall {
  readonly name: string;
  readonly lowered: LoweredCall;
  /** Undefined once the call was given up: the promise may stay with the host for long after. */
  cx: AbiContext | undefined;
  pointer = 0;
  loans: Loans | undefined;
  value: unknown = undefined;
  /** Once the call was given up: who hears of the end of what comes. The instance itself may go. */
  drops: Drops | undefined;
  // They stay after they have done their part, when nothing can come of them: to put them away would cost two writes.
  resolve: () => void = ignore;
  reject: (error: unknown) => void = ignore;
  readonly settle: (resolve: () => void, reject: (error: unknown) => void) => void;
  readonly onValue: (value: unknown) => void;
  readonly onError: (error: unknown) => void;
  readonly interrupt: (trap: unknown) => void;

  constructor(lowered: LoweredCall, cx: AbiContext, name: string) {
    this.lowered = lowered;
    this.cx = cx;
    this.name = name;
    this.settle = (resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    };
    this.onValue = (value) => {
      if (this.cx === undefined) return this.#discard(value);
      this.cx.instance.store.interrupt = undefined;
      this.value = value;
      this.resolve();
    };
    this.onError = (error) => {
      if (this.cx === undefined) return;
      this.cx.instance.store.interrupt = undefined;
      this.reject(trapFromHost(error, this.name));
    };
    this.interrupt = (trap) => {
      if (lowered.discard !== undefined) this.drops = this.cx!.instance.resources.map(dropOfHost);
      this.cx = this.loans = undefined;
      this.reject(trap);
    };
  }

  #discard(value: unknown): void {
    try {
      this.lowered.discard?.(this.drops!, value);
    } catch {
      // It does not fit its type, and nobody is left to be told.
    }
  }

  /**
   * The guest is about to wait.
   * @returns what for. It gives nothing: to settle a promise with an object costs a search for `then`
   */
  begin(answer: Promise<unknown>, pointer: number): Promise<void> {
    const cx = this.cx!;
    this.pointer = pointer;
    // The context serves other calls while this one waits.
    this.loans = takeLoans(cx);
    const waiting = new Promise<void>(this.settle);
    const { store } = cx.instance;
    store.interrupt = this.interrupt;
    store.onWait?.();
    answer.then(this.onValue, this.onError);
    return waiting;
  }

  /** Runs as the guest goes on, as a leaf of it. @returns the core result, where there is one */
  finish(): unknown {
    const cx = this.cx!;
    const { value, loans } = this;
    this.value = undefined;
    const { store } = cx.instance;
    store.suspendable = true;
    try {
      store.onResume?.();
      cx.memory.refresh();
      if (!loans!.empty) loans!.release();
      return this.lowered.finish(cx, value, this.pointer);
    } catch (error) {
      throw trapFromHost(error, this.name);
    }
  }
}

/** Binds a host function as an import: it goes on at once with an answer, and waits for a promise only. */
export function bindHost(lowered: LoweredCall, cx: AbiContext, callee: HostCallee): AdapterBinding {
  const { params, results } = lowered.signature;
  const { name } = callee;
  const { finish } = lowered;
  const { instance, memory } = cx;
  // The instance runs one call at a time, so at most one of this function waits.
  let held: HostCall | undefined;
  const nothing = results[0] === 'i64' ? 0n : 0;

  const before = (): void => {
    if (!instance.mayLeave) trapAbi(`cannot leave component instance: ${name}`);
    instance.store.calledHost = true;
    instance.store.onCall?.();
    beginLift(cx);
  };
  const settle = (value: unknown, pointer: number): unknown => {
    if (isPromise(value)) {
      if (!instance.store.suspendable) {
        // Nobody will wait for it: its rejection must not count as unhandled.
        value.then(undefined, () => undefined);
        trapAbi(
          `host function ${name} answered with a promise, but this call cannot wait (callSync, or a start function)`,
        );
      }
      if (held?.cx === undefined) held = new HostCall(lowered, cx, name);
      // A promise of another make might answer twice, and be taken for the next one.
      raisePending(held.begin(value instanceof Promise ? value : Promise.resolve(value), pointer));
      return nothing;
    }
    memory.refresh();
    if (!cx.loans.empty) cx.loans.release();
    return finish(cx, value, pointer);
  };
  const resume = (): unknown => held!.finish();
  const wrap = (error: unknown): unknown => trapFromHost(error, name);
  const start = lowered.reader.bindCall(cx, callee.call, { before, settle, wrap });
  return {
    signature: lowered.signature,
    shape: `host ${params.join()}>${results.join()}`,
    imports: { start, finish: resume },
  };
}

function dropOfHost({ owner, drop }: ResourceType): Drops[number] {
  return owner === undefined ? drop : undefined;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  );
}
