import type { Loans } from '../runtime/loans.ts';
import { trapAbi, trapFromHost } from '../runtime/trap.ts';
import type { LoweredCall } from './lower.ts';
import { type AbiContext, beginLift, takeLoans } from './memory.ts';
import type { AdapterBinding, HostCallee } from './model.ts';
import { type PendingCall, raisePending } from './pending.ts';

/**
 * A call whose answer is a promise, with what has to outlive the wait. The promise may stay with the host for long after
 * the call was given up, and then holds on to nothing of the guest.
 */
class HostCall implements PendingCall {
  readonly #name: string;
  readonly #answer: PromiseLike<unknown>;
  readonly #pointer: number;
  #lowered: LoweredCall | undefined;
  /** Undefined once the call was given up. */
  #cx: AbiContext | undefined;
  #loans: Loans | undefined;
  #value: unknown;

  constructor(
    lowered: LoweredCall,
    cx: AbiContext,
    name: string,
    answer: PromiseLike<unknown>,
    pointer: number,
  ) {
    this.#lowered = lowered;
    this.#cx = cx;
    this.#name = name;
    this.#answer = answer;
    this.#pointer = pointer;
    // The context serves other calls while this one waits.
    this.#loans = takeLoans(cx);
  }

  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#cx!.instance.store.interrupt = (trap) => {
        this.#lowered = this.#cx = this.#loans = undefined;
        reject(trap);
      };
      this.#cx!.instance.store.onWait?.();
      this.#answer.then(
        (value) => {
          if (this.#cx === undefined) return;
          this.#cx.instance.store.interrupt = undefined;
          this.#value = value;
          resolve();
        },
        (error: unknown) => {
          if (this.#cx === undefined) return;
          this.#cx.instance.store.interrupt = undefined;
          reject(trapFromHost(error, this.#name));
        },
      );
    });
  }

  /** Runs as the guest goes on, as a leaf of it. @returns the core result, where there is one */
  finish(): unknown {
    const cx = this.#cx!;
    const { store } = cx.instance;
    store.suspendable = true;
    try {
      store.onResume?.();
      cx.memory.refresh();
      this.#loans!.release();
      return this.#lowered!.finish(cx, this.#value, this.#pointer);
    } catch (error) {
      throw trapFromHost(error, this.#name);
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
    if (!instance.mayLeave) trapAbi(`cannot leave the component instance: ${name}`);
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
      raisePending((held = new HostCall(lowered, cx, name, value, pointer)));
      return nothing;
    }
    memory.refresh();
    if (!cx.loans.empty) cx.loans.release();
    return finish(cx, value, pointer);
  };
  const resume = (): unknown => {
    const call = held!;
    held = undefined;
    return call.finish();
  };
  const wrap = (error: unknown): unknown => trapFromHost(error, name);
  const start = lowered.reader.bindCall(cx, callee.call, { before, settle, wrap });
  return {
    signature: lowered.signature,
    shape: `host ${params.join()}>${results.join()}`,
    imports: { start, finish: resume },
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  );
}
