import type { HostFunction } from '../api.ts';
import type { Codec } from './codec.ts';
import { alignTo, memberOffsets, recordLayout } from './layout.ts';
import { type AbiContext, allocate, checkBlock } from './memory.ts';
import type { CoreFunction, CoreType, RecordField } from './model.ts';

/** What happens around the host's function. */
export interface CallSteps {
  /** Before anything is read. */
  before(): void;
  /** With what the host gave, and the address where the caller wants the result. @returns the core result */
  settle(value: unknown, pointer: number): unknown;
  /** Turns what was thrown into what to throw. */
  wrap(error: unknown): unknown;
}

/** Reads parameters from core values. */
export interface ParamReader {
  readonly flat: readonly CoreType[];
  /** All of them, from the start of `core`. */
  readAll(cx: AbiContext, core: readonly any[]): unknown[];
  /** A core function that reads the parameters, calls the host and settles. */
  bindCall(cx: AbiContext, call: HostFunction, steps: CallSteps): CoreFunction;
}

/** Core values that a function with a path of its own may have, the address of its result included. */
const POSITIONAL = 8;

export function planReader(params: readonly Codec[], maxFlat: number): ParamReader {
  const flat = params.flatMap((param) => param.flat);
  if (flat.length > maxFlat) return planSpilledReader(params);
  const starts: number[] = [];
  for (let i = 0, start = 0; i < params.length; start += params[i]!.flat.length, i++) starts.push(start);
  const readAll = (cx: AbiContext, core: readonly any[]): unknown[] =>
    params.map((param, i) => param.lift(cx, core, starts[i]!));
  const positional = params.length <= 4 && flat.length < POSITIONAL;
  const pickers = positional ? params.map((param, i) => planPicker(param, starts[i]!)) : [];
  return {
    flat,
    readAll,
    bindCall: (cx, call, steps) =>
      positional
        ? bindPositional(cx, call, steps, pickers, flat.length)
        : bindGeneral(cx, call, steps, readAll, flat.length),
  };
}

/** Parameters that are too many for core values lie in memory as one tuple. */
function planSpilledReader(params: readonly Codec[]): ParamReader {
  const { size, align } = recordLayout(params);
  const offsets = memberOffsets(params);
  const readAll = (cx: AbiContext, core: readonly any[]): unknown[] => {
    const pointer = core[0] >>> 0;
    checkBlock(cx, pointer, align, size, 'parameters');
    return params.map((param, i) => param.load(cx, pointer + offsets[i]!));
  };
  return { flat: ['i32'], readAll, bindCall: (cx, call, steps) => bindGeneral(cx, call, steps, readAll, 1) };
}

function bindGeneral(
  cx: AbiContext,
  call: HostFunction,
  { before, settle, wrap }: CallSteps,
  readAll: ParamReader['readAll'],
  pointerAt: number,
): CoreFunction {
  return (...core) => {
    try {
      before();
      return settle(call(...readAll(cx, core)), core[pointerAt]);
    } catch (error) {
      throw wrap(error);
    }
  };
}

/** Reads one parameter out of the core values, which are given as arguments: no array is made. */
type Picker = (cx: AbiContext, a: any, b: any, c: any, d: any, e: any, f: any, g: any, h: any) => any;

function planPicker(param: Codec, start: number): Picker {
  const { lift1, lift2 } = param;
  if (lift1 !== undefined) return planPicker1(lift1, start);
  if (lift2 !== undefined) return planPicker2(lift2, start);
  return (cx, a, b, c, d, e, f, g, h) => param.lift(cx, [a, b, c, d, e, f, g, h], start);
}

function planPicker1(lift: NonNullable<Codec['lift1']>, start: number): Picker {
  const pickers: Picker[] = [
    lift,
    (cx, _a, b) => lift(cx, b),
    (cx, _a, _b, c) => lift(cx, c),
    (cx, _a, _b, _c, d) => lift(cx, d),
    (cx, _a, _b, _c, _d, e) => lift(cx, e),
    (cx, _a, _b, _c, _d, _e, f) => lift(cx, f),
    (cx, _a, _b, _c, _d, _e, _f, g) => lift(cx, g),
  ];
  return pickers[start]!;
}

function planPicker2(lift: NonNullable<Codec['lift2']>, start: number): Picker {
  const pickers: Picker[] = [
    lift,
    (cx, _a, b, c) => lift(cx, b, c),
    (cx, _a, _b, c, d) => lift(cx, c, d),
    (cx, _a, _b, _c, d, e) => lift(cx, d, e),
    (cx, _a, _b, _c, _d, e, f) => lift(cx, e, f),
    (cx, _a, _b, _c, _d, _e, f, g) => lift(cx, f, g),
  ];
  return pickers[start]!;
}

const pointerPickers: Picker[] = [
  (_, a) => a,
  (_, _a, b) => b,
  (_, _a, _b, c) => c,
  (_, _a, _b, _c, d) => d,
  (_, _a, _b, _c, _d, e) => e,
  (_, _a, _b, _c, _d, _e, f) => f,
  (_, _a, _b, _c, _d, _e, _f, g) => g,
  (_, _a, _b, _c, _d, _e, _f, _g, h) => h,
];

function bindPositional(
  cx: AbiContext,
  call: HostFunction,
  { before, settle, wrap }: CallSteps,
  pickers: readonly Picker[],
  pointerAt: number,
): CoreFunction {
  const [p, q, r, s] = pickers as [Picker, Picker, Picker, Picker];
  const pointer = pointerPickers[pointerAt]!;
  switch (pickers.length) {
    case 0:
      return (a) => {
        try {
          before();
          return settle(call(), a);
        } catch (error) {
          throw wrap(error);
        }
      };
    case 1:
      return (a, b, c, d, e, f, g, h) => {
        try {
          before();
          return settle(call(p(cx, a, b, c, d, e, f, g, h)), pointer(cx, a, b, c, d, e, f, g, h));
        } catch (error) {
          throw wrap(error);
        }
      };
    case 2:
      return (a, b, c, d, e, f, g, h) => {
        try {
          before();
          return settle(
            call(p(cx, a, b, c, d, e, f, g, h), q(cx, a, b, c, d, e, f, g, h)),
            pointer(cx, a, b, c, d, e, f, g, h),
          );
        } catch (error) {
          throw wrap(error);
        }
      };
    case 3:
      return (a, b, c, d, e, f, g, h) => {
        try {
          before();
          return settle(
            call(p(cx, a, b, c, d, e, f, g, h), q(cx, a, b, c, d, e, f, g, h), r(cx, a, b, c, d, e, f, g, h)),
            pointer(cx, a, b, c, d, e, f, g, h),
          );
        } catch (error) {
          throw wrap(error);
        }
      };
    default:
      return (a, b, c, d, e, f, g, h) => {
        try {
          before();
          return settle(
            call(
              p(cx, a, b, c, d, e, f, g, h),
              q(cx, a, b, c, d, e, f, g, h),
              r(cx, a, b, c, d, e, f, g, h),
              s(cx, a, b, c, d, e, f, g, h),
            ),
            pointer(cx, a, b, c, d, e, f, g, h),
          );
        } catch (error) {
          throw wrap(error);
        }
      };
  }
}

/** Writes arguments to core values. */
export interface ArgWriter {
  readonly flat: readonly CoreType[];
  /** @throws {TypeError} where an argument does not fit; nothing was written and the guest not entered */
  check(cx: AbiContext, args: readonly unknown[]): void;
  write(cx: AbiContext, args: readonly unknown[]): unknown[];
}

export function planWriter(
  fields: readonly RecordField[],
  params: readonly Codec[],
  maxFlat: number,
): ArgWriter {
  const flat = params.flatMap((param) => param.flat);
  const check = (cx: AbiContext, args: readonly unknown[]): void => {
    if (args.length !== params.length) {
      throw new TypeError(`expected ${params.length} arguments, found ${args.length}`);
    }
    for (let i = 0; i < params.length; i++) {
      const problem = params[i]!.check(cx, args[i]);
      if (problem !== undefined) throw new TypeError(`argument ${fields[i]!.name}${problem}`);
    }
  };
  if (flat.length <= maxFlat) {
    const write = (cx: AbiContext, args: readonly unknown[]): unknown[] => {
      const core: unknown[] = [];
      for (let i = 0; i < params.length; i++) params[i]!.lower(cx, args[i], core);
      return core;
    };
    return { flat, check, write };
  }
  const { size, align } = recordLayout(params);
  const offsets = memberOffsets(params);
  const write = (cx: AbiContext, args: readonly unknown[]): unknown[] => {
    const pointer = allocate(cx, align, alignTo(size, align), 'parameters');
    params.forEach((param, i) => param.store(cx, pointer + offsets[i]!, args[i]));
    return [pointer];
  };
  return { flat: ['i32'], check, write };
}
