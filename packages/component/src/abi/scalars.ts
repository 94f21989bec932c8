import { trapAbi } from '../runtime/trap.ts';
import { type Codec, mismatch } from './codec.ts';
import { SCALAR_LAYOUTS } from './layout.ts';
import type { AbiContext } from './memory.ts';
import type { PrimitiveKind } from './model.ts';

export type ScalarKind = Exclude<PrimitiveKind, 'string'>;

interface Scalar {
  load(cx: AbiContext, at: number): any;
  store(cx: AbiContext, at: number, value: any): void;
  lift1(cx: AbiContext, core: any): any;
  lower1(cx: AbiContext, value: any): any;
  fits(value: any): boolean;
  readonly wanted: string;
}

const same = (_: AbiContext, value: any) => value;

const SCALARS: Readonly<Record<ScalarKind, Scalar>> = {
  bool: {
    load: (cx, at) => cx.memory.bytes[at] !== 0,
    store: (cx, at, value) => void (cx.memory.bytes[at] = value ? 1 : 0),
    lift1: (_, core) => core !== 0,
    lower1: (_, value) => (value ? 1 : 0),
    fits: (value) => value === true || value === false,
    wanted: 'a boolean',
  },
  s8: {
    load: (cx, at) => cx.memory.view.getInt8(at),
    store: (cx, at, value) => cx.memory.view.setInt8(at, value),
    lift1: (_, core) => (core << 24) >> 24,
    lower1: same,
    fits: (value) => typeof value === 'number' && (value << 24) >> 24 === value,
    wanted: 'an integer from -128 to 127',
  },
  u8: {
    load: (cx, at) => cx.memory.bytes[at],
    store: (cx, at, value) => void (cx.memory.bytes[at] = value),
    lift1: (_, core) => core & 0xff,
    lower1: same,
    fits: (value) => typeof value === 'number' && (value & 0xff) === value,
    wanted: 'an integer from 0 to 255',
  },
  s16: {
    load: (cx, at) => cx.memory.view.getInt16(at, true),
    store: (cx, at, value) => cx.memory.view.setInt16(at, value, true),
    lift1: (_, core) => (core << 16) >> 16,
    lower1: same,
    fits: (value) => typeof value === 'number' && (value << 16) >> 16 === value,
    wanted: 'an integer of 16 bits',
  },
  u16: {
    load: (cx, at) => cx.memory.view.getUint16(at, true),
    store: (cx, at, value) => cx.memory.view.setUint16(at, value, true),
    lift1: (_, core) => core & 0xffff,
    lower1: same,
    fits: (value) => typeof value === 'number' && (value & 0xffff) === value,
    wanted: 'an integer from 0 to 65535',
  },
  s32: {
    load: (cx, at) => cx.memory.view.getInt32(at, true),
    store: (cx, at, value) => cx.memory.view.setInt32(at, value, true),
    lift1: same,
    lower1: same,
    fits: (value) => typeof value === 'number' && (value | 0) === value,
    wanted: 'an integer of 32 bits',
  },
  u32: {
    load: (cx, at) => cx.memory.view.getUint32(at, true),
    store: (cx, at, value) => cx.memory.view.setUint32(at, value, true),
    lift1: (_, core) => core >>> 0,
    lower1: same,
    fits: (value) => typeof value === 'number' && value >>> 0 === value,
    wanted: 'an integer from 0 to 4294967295',
  },
  s64: {
    load: (cx, at) => cx.memory.view.getBigInt64(at, true),
    store: (cx, at, value) => cx.memory.view.setBigInt64(at, value, true),
    lift1: same,
    lower1: same,
    fits: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
    wanted: 'a bigint of 64 bits',
  },
  u64: {
    load: (cx, at) => cx.memory.view.getBigUint64(at, true),
    store: (cx, at, value) => cx.memory.view.setBigUint64(at, value, true),
    lift1: (_, core) => BigInt.asUintN(64, core),
    lower1: same,
    fits: (value) => typeof value === 'bigint' && BigInt.asUintN(64, value) === value,
    wanted: 'a bigint from 0 to 2^64-1',
  },
  f32: {
    load: (cx, at) => canonicalize(cx.memory.view.getFloat32(at, true)),
    store: (cx, at, value) => cx.memory.view.setFloat32(at, value, true),
    lift1: (_, core) => canonicalize(core),
    lower1: same,
    fits: (value) => typeof value === 'number',
    wanted: 'a number',
  },
  f64: {
    load: (cx, at) => canonicalize(cx.memory.view.getFloat64(at, true)),
    store: (cx, at, value) => cx.memory.view.setFloat64(at, value, true),
    lift1: (_, core) => canonicalize(core),
    lower1: same,
    fits: (value) => typeof value === 'number',
    wanted: 'a number',
  },
  char: {
    load: (cx, at) => toChar(cx.memory.view.getUint32(at, true)),
    store: (cx, at, value) => cx.memory.view.setUint32(at, value.codePointAt(0), true),
    lift1: (_, core) => toChar(core >>> 0),
    lower1: (_, value) => value.codePointAt(0),
    fits: isChar,
    wanted: 'a string of one Unicode scalar value',
  },
};

/** All NaNs look alike: payloads do not pass between components. */
function canonicalize(value: number): number {
  return value !== value ? NaN : value;
}

function toChar(code: number): string {
  if (code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff))
    trapAbi(`invalid \`char\` bit pattern 0x${code.toString(16)}`);
  return String.fromCodePoint(code);
}

function isChar(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 2) return false;
  const code = value.codePointAt(0)!;
  return code > 0xffff ? value.length === 2 : value.length === 1 && (code < 0xd800 || code > 0xdfff);
}

/** The codec of a number, boolean or char. */
export function compileScalar(kind: ScalarKind): Codec {
  const { load, store, lift1, lower1, fits, wanted } = SCALARS[kind];
  return {
    ...SCALAR_LAYOUTS[kind],
    load,
    store,
    lift1,
    lower1,
    lift: (cx, core, from) => lift1(cx, core[from]),
    lower: (cx, value, core) => void core.push(lower1(cx, value)),
    check: (_, value) => (fits(value) ? undefined : mismatch(`${wanted} (${kind})`, value)),
  };
}
