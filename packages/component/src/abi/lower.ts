import { trapAbi } from '../runtime/trap.ts';
import type { Codec } from './codec.ts';
import { compileType } from './compile.ts';
import { type Discard, planDiscard } from './discard.ts';
import { bindFused } from './fused.ts';
import { bindHost } from './host-import.ts';
import { countFlat, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from './layout.ts';
import { type AbiContext, claimBlock, createContext } from './memory.ts';
import type {
  AdapterBinding,
  CanonOptions,
  CoreSignature,
  FuncType,
  InstanceContext,
  LowerPlan,
} from './model.ts';
import { type ParamReader, planReader } from './params.ts';

/** What the bindings need of a lowered function. */
export interface LoweredCall {
  readonly signature: CoreSignature;
  readonly reader: ParamReader;
  /**
   * Writes a result to where the caller wants it. @returns the core result, where there is one
   * @throws {TypeError} where it does not fit its type
   */
  finish(cx: AbiContext, value: unknown, pointer: number): any;
  /** Lets go of a result that comes too late; undefined where it owns nothing. */
  readonly discard: Discard | undefined;
}

/** What an asynchronously lowered function answers where its result is there. */
const RETURNED = 2;
const MAX_FLAT_ASYNC_PARAMS = 4;

/**
 * Plans a function that a guest imports: core values in, a function of the host or of another component called. Lowered
 * asynchronously too, the call is over when it returns: one that may go on traps instead.
 */
export function lowerFunction(type: FuncType, options: CanonOptions): LowerPlan {
  const params = type.params.map((param) => compileType(param.type, options.encoding));
  const result = type.result && compileType(type.result, options.encoding);
  const spilled = result !== undefined && (options.async || result.flat.length > MAX_FLAT_RESULTS);
  const most = options.async ? MAX_FLAT_ASYNC_PARAMS : MAX_FLAT_PARAMS;
  const reader = planReader(params, most);
  const finish = planFinish(result, spilled);
  const signature: CoreSignature = {
    params: spilled ? [...reader.flat, 'i32'] : reader.flat,
    results: options.async ? ['i32'] : spilled || !result ? [] : result.flat,
  };
  const lowered: LoweredCall = {
    signature,
    reader,
    finish: options.async ? report(finish) : finish,
    discard: planDiscard(type.result),
  };
  return {
    type,
    options,
    signature,
    spilled: { params: countFlat(params) > most, result: spilled },
    bind(instance, bindings, callee) {
      // A component's function is over when it returns, or traps; one of the host may go on.
      if (options.async && type.async && callee.kind === 'host') return refuseAsync(instance, signature);
      const cx = createContext(instance, options, bindings);
      return callee.kind === 'host' ? bindHost(lowered, cx, callee) : bindFused(lowered, cx, callee);
    },
  };
}

function refuseAsync(instance: InstanceContext, signature: CoreSignature): AdapterBinding {
  const start = (): never => {
    if (!instance.mayLeave) trapAbi('cannot leave component instance: a call to the host');
    trapAbi('unsupported: asynchronous lowering of an asynchronous function of the host');
  };
  return { signature, shape: 'direct', imports: { start } };
}

function report(finish: LoweredCall['finish']): LoweredCall['finish'] {
  return (cx, value, pointer) => {
    finish(cx, value, pointer);
    return RETURNED;
  };
}

function planFinish(result: Codec | undefined, spilled: boolean): LoweredCall['finish'] {
  if (result === undefined) return () => undefined;
  const { check, store, size, align, lower1 } = result;
  if (spilled) {
    return (cx, value, pointer) => {
      claimBlock(cx, pointer >>> 0, align, size, 'result');
      const problem = check(cx, value);
      if (problem !== undefined) throw new TypeError(`the result does not fit its type: result${problem}`);
      store(cx, pointer >>> 0, value);
    };
  }
  return (cx, value) => {
    const problem = check(cx, value);
    if (problem !== undefined) throw new TypeError(`the result does not fit its type: result${problem}`);
    if (lower1 !== undefined) return lower1(cx, value);
    const core: unknown[] = [];
    result.lower(cx, value, core);
    return core[0];
  };
}
