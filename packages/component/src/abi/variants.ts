import { trapAbi } from '../runtime/trap.ts';
import { type Codec, describe, mismatch } from './codec.ts';
import { discriminantSize, payloadOffset, variantLayout } from './layout.ts';
import type { AbiContext } from './memory.ts';
import type { CoreType } from './model.ts';

/** How cases appear in JavaScript: which one a value is, its payload, and back. */
interface CaseShape {
  /** The index of a checked value's case. */
  caseOf(value: any): number;
  payloadOf(value: any): any;
  make(index: number, payload: unknown): unknown;
  /** What is wrong with the value itself, its payload aside. */
  problem(value: any): string | undefined;
  /** Where the payload is, for messages. */
  readonly path: string;
}

/** The codec of a variant: `{ tag, val? }`. */
export function compileVariant(names: readonly string[], payloads: readonly (Codec | undefined)[]): Codec {
  const indexOf = new Map(names.map((name, i) => [name, i]));
  return compileCases(payloads, {
    caseOf: (value) => indexOf.get(value.tag)!,
    payloadOf: (value) => value.val,
    make: (index, val) =>
      payloads[index] === undefined ? { tag: names[index] } : { tag: names[index], val },
    problem: (value) => checkTag(value, indexOf, names),
    path: '.val',
  });
}

/** The codec of a result: `{ tag: 'ok' | 'err', val? }`. */
export function compileResult(ok: Codec | undefined, err: Codec | undefined): Codec {
  const names = ['ok', 'err'];
  const indexOf = new Map(names.map((name, i) => [name, i]));
  return compileCases([ok, err], {
    caseOf: (value) => (value.tag === 'ok' ? 0 : 1),
    payloadOf: (value) => value.val,
    make(index, val) {
      if (index === 0) return ok === undefined ? { tag: 'ok' } : { tag: 'ok', val };
      return err === undefined ? { tag: 'err' } : { tag: 'err', val };
    },
    problem(value) {
      const tag = value?.tag;
      return tag === 'ok' || tag === 'err' ? undefined : checkTag(value, indexOf, names);
    },
    path: '.val',
  });
}

/** The codec of an option: the value or undefined; tagged where the value is itself an option (`nested`). */
export function compileOption(payload: Codec, nested: boolean): Codec {
  if (nested) return compileVariant(['none', 'some'], [undefined, payload]);
  return compileCases([undefined, payload], {
    caseOf: (value) => (value === undefined ? 0 : 1),
    payloadOf: (value) => value,
    make: (_, value) => value,
    problem: () => undefined,
    path: '',
  });
}

function checkTag(
  value: any,
  indexOf: ReadonlyMap<string, number>,
  names: readonly string[],
): string | undefined {
  if (typeof value !== 'object' || value === null) return mismatch('an object { tag, val }', value);
  return indexOf.has(value.tag)
    ? undefined
    : `.tag: expected one of ${names.join(', ')}, found ${describe(value.tag)}`;
}

/** The codec of an enum: a string. */
export function compileEnum(names: readonly string[]): Codec {
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const size = discriminantSize(names.length);
  const toName = (index: number): string => names[index] ?? trapDiscriminant(index, names.length);
  return {
    ...variantLayout(names.map(() => undefined)),
    load: (cx, at) => toName(readDiscriminant(cx, at, size)),
    store: (cx, at, value) => writeDiscriminant(cx, at, size, indexOf.get(value)!),
    lift: (_, core, from) => toName(core[from] >>> 0),
    lower: (_, value, core) => void core.push(indexOf.get(value)),
    lift1: (_, core) => toName(core >>> 0),
    lower1: (_, value) => indexOf.get(value),
    check: (_, value) =>
      indexOf.has(value) ? undefined : `: expected one of ${names.join(', ')}, found ${describe(value)}`,
  };
}

function compileCases(payloads: readonly (Codec | undefined)[], shape: CaseShape): Codec {
  const layout = variantLayout(payloads);
  const { caseOf, payloadOf, make } = shape;
  const count = payloads.length;
  const size = discriminantSize(count);
  const offset = payloadOffset(payloads);
  const joined = layout.flat.slice(1);
  const coercions = payloads.map((payload) => (payload ? planCoercion(payload.flat, joined) : undefined));
  const zeros = joined.map((type) => (type === 'i64' ? 0n : 0));
  return {
    ...layout,
    load(cx, at) {
      const index = size === 1 ? cx.memory.bytes[at]! : readDiscriminant(cx, at, size);
      if (index >= count) trapDiscriminant(index, count);
      return make(index, payloads[index]?.load(cx, at + offset));
    },
    store(cx, at, value) {
      const index = caseOf(value);
      if (size === 1) cx.memory.bytes[at] = index;
      else writeDiscriminant(cx, at, size, index);
      payloads[index]?.store(cx, at + offset, payloadOf(value));
    },
    lift(cx, core, from) {
      const index = core[from] >>> 0;
      if (index >= count) trapDiscriminant(index, count);
      const payload = payloads[index];
      if (payload === undefined) return make(index, undefined);
      const coercion = coercions[index];
      if (coercion === undefined) return make(index, payload.lift(cx, core, from + 1));
      return make(
        index,
        payload.lift(
          cx,
          coercion.map((one, i) => one.lift(core[from + 1 + i])),
          0,
        ),
      );
    },
    lower(cx, value, core) {
      const index = caseOf(value);
      core.push(index);
      const start = core.length;
      payloads[index]?.lower(cx, payloadOf(value), core);
      coercions[index]?.forEach((one, i) => (core[start + i] = one.lower(core[start + i])));
      for (let i = core.length - start; i < zeros.length; i++) core.push(zeros[i]);
    },
    check(cx, value) {
      const problem = shape.problem(value);
      if (problem !== undefined) return problem;
      const inner = payloads[caseOf(value)]?.check(cx, payloadOf(value));
      return inner === undefined ? undefined : shape.path + inner;
    },
    ...(joined.length === 0 && {
      lift1(_: AbiContext, core: number) {
        if (core >>> 0 >= count) trapDiscriminant(core >>> 0, count);
        return make(core >>> 0, undefined);
      },
      lower1: (_: AbiContext, value: unknown) => caseOf(value),
    }),
  };
}

function trapDiscriminant(index: number, count: number): never {
  trapAbi(`invalid variant discriminant: discriminant ${index} out of range [0..${count})`);
}

function readDiscriminant(cx: AbiContext, at: number, size: 1 | 2 | 4): number {
  const { view } = cx.memory;
  return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

function writeDiscriminant(cx: AbiContext, at: number, size: 1 | 2 | 4, index: number): void {
  const { view } = cx.memory;
  if (size === 1) view.setUint8(at, index);
  else if (size === 2) view.setUint16(at, index, true);
  else view.setUint32(at, index, true);
}

/** A core value of one case in the wider type that all cases share. */
interface Coercion {
  lift(core: any): any;
  lower(core: any): any;
}

const scratch = new DataView(new ArrayBuffer(8));

function floatToBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}

function bitsToFloat(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

const COERCIONS: Readonly<Record<string, Coercion>> = {
  'f32 i32': { lift: bitsToFloat, lower: floatToBits },
  'i32 i64': { lift: (core) => Number(BigInt.asIntN(32, core)), lower: (core) => BigInt(core >>> 0) },
  'f32 i64': {
    lift: (core) => bitsToFloat(Number(BigInt.asIntN(32, core))),
    lower: (core) => BigInt(floatToBits(core) >>> 0),
  },
  'f64 i64': {
    lift(core) {
      scratch.setBigInt64(0, core);
      return scratch.getFloat64(0);
    },
    lower(core) {
      scratch.setFloat64(0, core);
      return scratch.getBigInt64(0);
    },
  },
};

const UNCHANGED: Coercion = { lift: (core) => core, lower: (core) => core };

function planCoercion(from: readonly CoreType[], to: readonly CoreType[]): Coercion[] | undefined {
  if (from.every((type, i) => type === to[i])) return undefined;
  return from.map((type, i) => COERCIONS[`${type} ${to[i]}`] ?? UNCHANGED);
}
