import { trapAbi } from '../runtime/trap.ts';
import type { Codec } from './codec.ts';
import { compileType } from './compile.ts';
import { bindFused } from './fused.ts';
import { bindHost } from './host-import.ts';
import { MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from './layout.ts';
import { type AbiContext, checkBlock, createContext } from './memory.ts';
import type { CanonOptions, CoreSignature, FuncType, LowerPlan } from './model.ts';
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
}

/**
 * Plans a function that a guest imports: core values in, a function of the host or of another component called.
 * Asynchronous lowering is not there: the function then traps when it is called.
 */
export function lowerFunction(type: FuncType, options: CanonOptions): LowerPlan {
  const params = type.params.map((param) => compileType(param.type, options.encoding));
  const result = type.result && compileType(type.result, options.encoding);
  if (options.async) return refuseAsync(type, options, params, result);
  const spilled = result !== undefined && result.flat.length > MAX_FLAT_RESULTS;
  const reader = planReader(params, MAX_FLAT_PARAMS);
  const signature: CoreSignature = {
    params: spilled ? [...reader.flat, 'i32'] : reader.flat,
    results: spilled || !result ? [] : result.flat,
  };
  const lowered: LoweredCall = { signature, reader, finish: planFinish(result, spilled) };
  return {
    type,
    options,
    signature,
    bind(instance, bindings, callee) {
      const cx = createContext(instance, options, bindings);
      return callee.kind === 'host' ? bindHost(lowered, cx, callee) : bindFused(lowered, cx, callee);
    },
  };
}

const MAX_FLAT_ASYNC_PARAMS = 4;

function refuseAsync(
  type: FuncType,
  options: CanonOptions,
  params: readonly Codec[],
  result: Codec | undefined,
): LowerPlan {
  const { flat } = planReader(params, MAX_FLAT_ASYNC_PARAMS);
  const signature: CoreSignature = { params: result ? [...flat, 'i32'] : flat, results: ['i32'] };
  const start = (): never => trapAbi('unsupported: asynchronous lowering of imports');
  return { type, options, signature, bind: () => ({ signature, shape: 'direct', imports: { start } }) };
}

function planFinish(result: Codec | undefined, spilled: boolean): LoweredCall['finish'] {
  if (result === undefined) return () => undefined;
  const { check, store, size, align, lower1 } = result;
  if (spilled) {
    return (cx, value, pointer) => {
      checkBlock(cx, pointer >>> 0, align, size, 'result');
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
