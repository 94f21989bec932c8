import { mismatch } from '../abi/codec.ts';
import { bindHost } from '../abi/host-import.ts';
import type { LoweredCall } from '../abi/lower.ts';
import { createContext } from '../abi/memory.ts';
import type { CoreFunction, CoreSignature, CoreType, InstanceContext } from '../abi/model.ts';
import { ComponentError } from '../api.ts';
import type { CoreHostFunction, CoreImports } from '../core-api.ts';
import type { ModuleInterface } from '../binary/syntax.ts';
import { instantiateAdapters } from './adapters.ts';

const numbers: ReadonlySet<string> = new Set<CoreType>(['i32', 'i64', 'f32', 'f64']);

/**
 * Makes functions of the host into what a core module imports.
 *
 * @param settled is called when one of them has answered, before the guest goes on
 * @throws {ComponentError} `missing-import` with everything that is missing; `link` for what is no function;
 * `unsupported` for imports that are no functions of numbers
 */
export function bindCoreImports(
  { imports: wanted }: ModuleInterface,
  imports: CoreImports,
  instance: InstanceContext,
  settled: () => void,
): WebAssembly.Imports {
  const missing = new Set<string>();
  const bindings = wanted.map(({ module, name, type }) => {
    const label = `${module}#${name}`;
    const signature = type.kind === 'func' && type.unknown !== true ? readSignature(type.type) : undefined;
    if (signature === undefined) {
      const found = type.kind === 'func' ? 'a function of other values' : `a ${type.kind}`;
      throw new ComponentError(
        'unsupported',
        `The import ${label} is ${found}: the host gives functions of numbers with at most one result.`,
      );
    }
    const call = find(imports, module, name);
    if (call === undefined) missing.add(label);
    else if (typeof call !== 'function') {
      throw new ComponentError('link', `The import ${label} needs a function: found ${typeof call}.`);
    }
    const cx = createContext(instance, { encoding: 'utf8', async: false }, {});
    const callee = { kind: 'host', name: label, call: call as CoreHostFunction } as const;
    return bindHost(planCall(signature, settled), cx, callee);
  });
  if (missing.size > 0) {
    const list = [...missing];
    throw new ComponentError(
      'missing-import',
      `The core module imports what nobody serves: ${list.join(', ')} was not found.`,
      { imports: list },
    );
  }
  const bound: Record<string, Record<string, CoreFunction>> = Object.create(null);
  instantiateAdapters(bindings).forEach((made, index) => {
    const { module, name } = wanted[index]!;
    (bound[module] ??= Object.create(null) as Record<string, CoreFunction>)[name] = made;
  });
  return bound;
}

/** What every object has by birth is not served by that alone. */
function find(imports: CoreImports, module: string, name: string): unknown {
  const served = Object.hasOwn(imports, module) ? imports[module] : undefined;
  if (served === undefined || (name in Object.prototype && !Object.hasOwn(served, name))) return undefined;
  return served[name];
}

function readSignature(type: {
  readonly params: readonly string[];
  readonly results: readonly string[];
}): CoreSignature | undefined {
  const fits = type.results.length <= 1 && [...type.params, ...type.results].every((one) => numbers.has(one));
  return fits ? (type as CoreSignature) : undefined;
}

/** Core values go to the host as they are. */
function planCall(signature: CoreSignature, settled: () => void): LoweredCall {
  const [result] = signature.results;
  return {
    signature,
    discard: undefined,
    reader: {
      flat: signature.params,
      readAll: (_, core) => [...core],
      bindCall:
        (_, call, { before, settle, wrap }) =>
        (...core) => {
          try {
            before();
            return settle(call(...core), 0);
          } catch (error) {
            throw wrap(error);
          }
        },
    },
    finish(_, value) {
      settled();
      if (result === undefined) return undefined;
      const problem = checkValue(result, value);
      if (problem !== undefined) throw new TypeError(`the result does not fit its type: result${problem}`);
      return value;
    },
  };
}

/** @returns what is wrong with a value that is to become one of this type; undefined: nothing */
export function checkValue(type: string, value: unknown): string | undefined {
  switch (type) {
    case 'i32':
      // Signed or unsigned, since pointers are written either way.
      return typeof value === 'number' && ((value | 0) === value || value >>> 0 === value)
        ? undefined
        : mismatch('an integer of 32 bits (i32)', value);
    case 'i64':
      return typeof value === 'bigint' &&
        (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value)
        ? undefined
        : mismatch('a bigint of 64 bits (i64)', value);
    case 'f32':
    case 'f64':
      return typeof value === 'number' ? undefined : mismatch(`a number (${type})`, value);
    default:
      return undefined;
  }
}
