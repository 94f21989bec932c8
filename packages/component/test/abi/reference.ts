/**
 * The Canonical ABI once more: slow, and as close to the words of its definition as can be, for comparison. Resources
 * and asynchronous types are left out. Values look as they do in the engine.
 */
import type { CoreType, ValueType } from '../../src/abi/model.ts';
import { toCamelCase } from '../../src/abi/codec.ts';

export type Encoding = 'utf8' | 'utf16' | 'latin1+utf16';

export interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly encoding: Encoding;
  allocate(align: number, size: number): number;
}

type Case = { name: string; type: ValueType | undefined };
type Fundamental =
  | Exclude<ValueType, { kind: 'tuple' | 'enum' | 'option' | 'result' | 'record' | 'variant' }>
  | { kind: 'record'; fields: { name: string; type: ValueType }[] }
  | { kind: 'variant'; cases: Case[] };

function despecialize(t: ValueType): Fundamental {
  switch (t.kind) {
    case 'tuple':
      return { kind: 'record', fields: t.types.map((type, i) => ({ name: String(i), type })) };
    case 'enum':
      return { kind: 'variant', cases: t.names.map((name) => ({ name, type: undefined })) };
    case 'option':
      return {
        kind: 'variant',
        cases: [
          { name: 'none', type: undefined },
          { name: 'some', type: t.type },
        ],
      };
    case 'result':
      return {
        kind: 'variant',
        cases: [
          { name: 'ok', type: t.ok },
          { name: 'err', type: t.err },
        ],
      };
    default:
      return t as Fundamental;
  }
}

const SIZES: Record<string, number> = {
  bool: 1,
  s8: 1,
  u8: 1,
  s16: 2,
  u16: 2,
  s32: 4,
  u32: 4,
  s64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
  char: 4,
};

const up = (n: number, a: number): number => Math.ceil(n / a) * a;

function discriminant(cases: readonly Case[]): number {
  return [1, 1, 2, 4][Math.ceil(Math.log2(cases.length) / 8)]!;
}

export function align(t: ValueType): number {
  const d = despecialize(t);
  switch (d.kind) {
    case 'string':
      return 4;
    case 'list':
      return d.length === undefined ? 4 : align(d.element);
    case 'record':
      return Math.max(1, ...d.fields.map((f) => align(f.type)));
    case 'variant':
      return Math.max(discriminant(d.cases), ...d.cases.map((c) => (c.type ? align(c.type) : 1)));
    case 'flags':
      return d.names.length <= 8 ? 1 : d.names.length <= 16 ? 2 : 4;
    default:
      return SIZES[d.kind]!;
  }
}

export function size(t: ValueType): number {
  const d = despecialize(t);
  switch (d.kind) {
    case 'string':
      return 8;
    case 'list':
      return d.length === undefined ? 8 : d.length * size(d.element);
    case 'record': {
      let s = 0;
      for (const f of d.fields) s = up(s, align(f.type)) + size(f.type);
      return up(s, align(t));
    }
    case 'variant': {
      const payloads = d.cases.map((c) => (c.type ? size(c.type) : 0));
      return up(up(discriminant(d.cases), caseAlign(d.cases)) + Math.max(...payloads), align(t));
    }
    case 'flags':
      return align(t);
    default:
      return SIZES[d.kind]!;
  }
}

function caseAlign(cases: readonly Case[]): number {
  return Math.max(1, ...cases.map((c) => (c.type ? align(c.type) : 1)));
}

export function flatten(t: ValueType): CoreType[] {
  const d = despecialize(t);
  switch (d.kind) {
    case 's64':
    case 'u64':
      return ['i64'];
    case 'f32':
    case 'f64':
      return [d.kind];
    case 'string':
      return ['i32', 'i32'];
    case 'list':
      if (d.length === undefined) return ['i32', 'i32'];
      return Array.from({ length: d.length }, () => flatten(d.element)).flat();
    case 'record':
      return d.fields.flatMap((f) => flatten(f.type));
    case 'variant': {
      const flat: CoreType[] = [];
      for (const c of d.cases) {
        if (!c.type) continue;
        for (const [i, ft] of flatten(c.type).entries()) flat[i] = i < flat.length ? join(flat[i]!, ft) : ft;
      }
      return ['i32', ...flat];
    }
    default:
      return ['i32'];
  }
}

function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  if ((a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32')) return 'i32';
  return 'i64';
}

/** A variant's value as `[case, payload]`, and back: the engine's shapes. */
function openVariant(t: ValueType, value: any): [number, unknown] {
  if (t.kind === 'enum') return [t.names.indexOf(value), undefined];
  if (t.kind === 'option' && t.type.kind !== 'option')
    return value === undefined ? [0, undefined] : [1, value];
  const d = despecialize(t) as { cases: Case[] };
  return [d.cases.findIndex((c) => c.name === value.tag), value.val];
}

function closeVariant(t: ValueType, index: number, payload: unknown): unknown {
  const d = despecialize(t) as { cases: Case[] };
  const one = d.cases[index]!;
  if (t.kind === 'enum') return one.name;
  if (t.kind === 'option' && t.type.kind !== 'option') return payload;
  return one.type ? { tag: one.name, val: payload } : { tag: one.name };
}

const keyOf = (t: ValueType, name: string): string => (t.kind === 'tuple' ? name : toCamelCase(name));

export function load(m: Machine, at: number, t: ValueType): any {
  const v = new DataView(m.memory.buffer);
  const d = despecialize(t);
  switch (d.kind) {
    case 'bool':
      return v.getUint8(at) !== 0;
    case 'u8':
      return v.getUint8(at);
    case 's8':
      return v.getInt8(at);
    case 'u16':
      return v.getUint16(at, true);
    case 's16':
      return v.getInt16(at, true);
    case 'u32':
      return v.getUint32(at, true);
    case 's32':
      return v.getInt32(at, true);
    case 'u64':
      return v.getBigUint64(at, true);
    case 's64':
      return v.getBigInt64(at, true);
    case 'f32':
      return v.getFloat32(at, true);
    case 'f64':
      return v.getFloat64(at, true);
    case 'char':
      return String.fromCodePoint(v.getUint32(at, true));
    case 'string':
      return readString(m, v.getUint32(at, true), v.getUint32(at + 4, true));
    case 'list':
      if (d.length !== undefined)
        return Array.from({ length: d.length }, (_, i) => load(m, at + i * size(d.element), d.element));
      return readList(m, v.getUint32(at, true), v.getUint32(at + 4, true), d.element);
    case 'record': {
      const out: any = t.kind === 'tuple' ? [] : {};
      let p = at;
      for (const f of d.fields) {
        p = up(p, align(f.type));
        out[keyOf(t, f.name)] = load(m, p, f.type);
        p += size(f.type);
      }
      return out;
    }
    case 'variant': {
      const n = discriminant(d.cases);
      const index = n === 1 ? v.getUint8(at) : n === 2 ? v.getUint16(at, true) : v.getUint32(at, true);
      const type = d.cases[index]!.type;
      return closeVariant(t, index, type && load(m, at + up(n, caseAlign(d.cases)), type));
    }
    case 'flags': {
      const bits = [v.getUint8, v.getUint16, v.getUint32][Math.log2(align(t))]!.call(v, at, true);
      return Object.fromEntries(d.names.map((name, i) => [toCamelCase(name), ((bits >>> i) & 1) === 1]));
    }
    default:
      throw new Error(`no reference for ${d.kind}`);
  }
}

function readString(m: Machine, pointer: number, tagged: number): string {
  const bytes = new Uint8Array(m.memory.buffer);
  if (m.encoding === 'utf8')
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.slice(pointer, pointer + tagged));
  if (m.encoding === 'utf16' || tagged >= 2 ** 31) {
    const units = tagged % 2 ** 31;
    return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes.slice(pointer, pointer + 2 * units));
  }
  return Array.from(bytes.slice(pointer, pointer + tagged), (b) => String.fromCharCode(b)).join('');
}

function readList(m: Machine, pointer: number, length: number, element: ValueType): unknown {
  if (element.kind === 'u8') return new Uint8Array(m.memory.buffer).slice(pointer, pointer + length);
  return Array.from({ length }, (_, i) => load(m, pointer + i * size(element), element));
}

export function store(m: Machine, at: number, t: ValueType, value: any): void {
  const v = (): DataView => new DataView(m.memory.buffer);
  const d = despecialize(t);
  switch (d.kind) {
    case 'bool':
      return v().setUint8(at, value ? 1 : 0);
    case 'u8':
    case 's8':
      return v().setUint8(at, value);
    case 'u16':
    case 's16':
      return v().setUint16(at, value, true);
    case 'u32':
    case 's32':
      return v().setUint32(at, value, true);
    case 'u64':
    case 's64':
      return v().setBigUint64(at, value, true);
    case 'f32':
      return v().setFloat32(at, value, true);
    case 'f64':
      return v().setFloat64(at, value, true);
    case 'char':
      return v().setUint32(at, value.codePointAt(0), true);
    case 'string':
      return storePair(m, at, writeString(m, value));
    case 'list':
      if (d.length === undefined) return storePair(m, at, writeList(m, value, d.element));
      for (let i = 0; i < d.length; i++) store(m, at + i * size(d.element), d.element, value[i]);
      return;
    case 'record': {
      let p = at;
      for (const f of d.fields) {
        p = up(p, align(f.type));
        store(m, p, f.type, value[keyOf(t, f.name)]);
        p += size(f.type);
      }
      return;
    }
    case 'variant': {
      const n = discriminant(d.cases);
      const [index, payload] = openVariant(t, value);
      if (n === 1) v().setUint8(at, index);
      else if (n === 2) v().setUint16(at, index, true);
      else v().setUint32(at, index, true);
      const { type } = d.cases[index]!;
      if (type) store(m, at + up(n, caseAlign(d.cases)), type, payload);
      return;
    }
    case 'flags': {
      const bits = packFlags(d.names, value);
      return [v().setUint8, v().setUint16, v().setUint32][Math.log2(align(t))]!.call(v(), at, bits, true);
    }
    default:
      throw new Error(`no reference for ${d.kind}`);
  }
}

function storePair(m: Machine, at: number, [pointer, length]: [number, number]): void {
  const v = new DataView(m.memory.buffer);
  v.setUint32(at, pointer, true);
  v.setUint32(at + 4, length, true);
}

function packFlags(names: readonly string[], value: any): number {
  return names.reduce((bits, name, i) => bits + (value[toCamelCase(name)] ? 2 ** i : 0), 0);
}

function writeString(m: Machine, text: string): [number, number] {
  const wide =
    m.encoding === 'utf16' ||
    (m.encoding === 'latin1+utf16' && [...text].some((c) => c.codePointAt(0)! > 0xff));
  const bytes =
    m.encoding === 'utf8'
      ? [...new TextEncoder().encode(text)]
      : Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).flatMap((u) =>
          wide ? [u & 0xff, u >> 8] : [u],
        );
  const pointer = m.allocate(m.encoding === 'utf8' ? 1 : 2, bytes.length);
  new Uint8Array(m.memory.buffer).set(bytes, pointer);
  if (m.encoding === 'utf8') return [pointer, bytes.length];
  return [pointer, wide ? text.length + (m.encoding === 'utf16' ? 0 : 2 ** 31) : text.length];
}

function writeList(m: Machine, list: ArrayLike<unknown>, element: ValueType): [number, number] {
  const pointer = m.allocate(align(element), list.length * size(element));
  for (let i = 0; i < list.length; i++) store(m, pointer + i * size(element), element, list[i]);
  return [pointer, list.length];
}

/** Bits of a core value as an unsigned integer, and back: how joined types carry one another. */
function toBits(type: CoreType, value: any): bigint {
  const v = new DataView(new ArrayBuffer(8));
  if (type === 'i32') return BigInt.asUintN(32, BigInt(value));
  if (type === 'i64') return BigInt.asUintN(64, value);
  if (type === 'f32') return (v.setFloat32(0, value), BigInt(v.getUint32(0)));
  return (v.setFloat64(0, value), v.getBigUint64(0));
}

function fromBits(type: CoreType, bits: bigint): any {
  const v = new DataView(new ArrayBuffer(8));
  if (type === 'i32') return Number(BigInt.asIntN(32, bits));
  if (type === 'i64') return BigInt.asIntN(64, bits);
  if (type === 'f32') return (v.setUint32(0, Number(BigInt.asUintN(32, bits))), v.getFloat32(0));
  return (v.setBigUint64(0, bits), v.getFloat64(0));
}

export function lowerFlat(m: Machine, t: ValueType, value: any): any[] {
  const d = despecialize(t);
  switch (d.kind) {
    case 'string':
      return writeString(m, value);
    case 'list':
      if (d.length !== undefined) return value.flatMap((one: unknown) => lowerFlat(m, d.element, one));
      return writeList(m, value, d.element);
    case 'record':
      return d.fields.flatMap((f) => lowerFlat(m, f.type, value[keyOf(t, f.name)]));
    case 'variant': {
      const [index, payload] = openVariant(t, value);
      const { type } = d.cases[index]!;
      const have = type ? flatten(type) : [];
      const core = type ? lowerFlat(m, type, payload) : [];
      const want = flatten(t).slice(1);
      return [index, ...want.map((w, i) => fromBits(w, i < core.length ? toBits(have[i]!, core[i]) : 0n))];
    }
    case 'flags':
      return [packFlags(d.names, value)];
    case 'bool':
      return [value ? 1 : 0];
    case 'char':
      return [value.codePointAt(0)];
    default:
      return [value];
  }
}

export function liftFlat(m: Machine, t: ValueType, core: any[]): any {
  const d = despecialize(t);
  switch (d.kind) {
    case 'string':
      return readString(m, core[0] >>> 0, core[1] >>> 0);
    case 'list': {
      if (d.length === undefined) return readList(m, core[0] >>> 0, core[1] >>> 0, d.element);
      const width = flatten(d.element).length;
      return Array.from({ length: d.length }, (_, i) =>
        liftFlat(m, d.element, core.slice(i * width, (i + 1) * width)),
      );
    }
    case 'record': {
      const out: any = t.kind === 'tuple' ? [] : {};
      let from = 0;
      for (const f of d.fields) {
        const width = flatten(f.type).length;
        out[keyOf(t, f.name)] = liftFlat(m, f.type, core.slice(from, from + width));
        from += width;
      }
      return out;
    }
    case 'variant': {
      const index = core[0];
      const { type } = d.cases[index]!;
      if (!type) return closeVariant(t, index, undefined);
      const have = flatten(t).slice(1);
      const inner = flatten(type).map((want, i) => fromBits(want, toBits(have[i]!, core[i + 1])));
      return closeVariant(t, index, liftFlat(m, type, inner));
    }
    case 'flags':
      return Object.fromEntries(d.names.map((name, i) => [toCamelCase(name), ((core[0] >>> i) & 1) === 1]));
    case 'bool':
      return core[0] !== 0;
    case 'char':
      return String.fromCodePoint(core[0]);
    case 'u32':
      return core[0] >>> 0;
    case 'u64':
      return BigInt.asUintN(64, core[0]);
    default:
      return core[0];
  }
}
