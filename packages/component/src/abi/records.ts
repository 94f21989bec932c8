import { type Codec, mismatch, toCamelCase } from './codec.ts';
import { flagsSize, memberOffsets, recordLayout } from './layout.ts';
import type { AbiContext } from './memory.ts';

/** The codec of a record: an object with names in camelCase. */
export function compileRecord(names: readonly string[], members: readonly Codec[]): Codec {
  const keys = names.map(toCamelCase);
  const offsets = memberOffsets(members);
  const starts = flatStarts(members);
  const count = members.length;
  return {
    ...recordLayout(members),
    load: loadRecord(keys, members, offsets),
    store(cx, at, value) {
      for (let i = 0; i < count; i++) members[i]!.store(cx, at + offsets[i]!, value[keys[i]!]);
    },
    lift(cx, core, from) {
      const record = {};
      for (let i = 0; i < count; i++) setOwn(record, keys[i]!, members[i]!.lift(cx, core, from + starts[i]!));
      return record;
    },
    lower(cx, value, core) {
      for (let i = 0; i < count; i++) members[i]!.lower(cx, value[keys[i]!], core);
    },
    check(cx, value) {
      if (typeof value !== 'object' || value === null) return mismatch('an object', value);
      for (let i = 0; i < count; i++) {
        const problem = members[i]!.check(cx, value[keys[i]!]);
        if (problem !== undefined) return `.${keys[i]}${problem}`;
      }
      return undefined;
    },
    ...passThrough(
      members,
      (value) => value[keys[0]!],
      (value) => setOwn({}, keys[0]!, value),
    ),
  };
}

/** Small records are made in one piece, which is about twice as fast as field by field. */
function loadRecord(
  keys: readonly string[],
  members: readonly Codec[],
  offsets: readonly number[],
): Codec['load'] {
  const [a, b, c, d] = keys as [string, string, string, string];
  const [l0, l1, l2, l3] = members as [Codec, Codec, Codec, Codec];
  const [, o1, o2, o3] = offsets as [number, number, number, number];
  switch (keys.length) {
    case 1:
      return (cx, at) => ({ [a]: l0.load(cx, at) });
    case 2:
      return (cx, at) => ({ [a]: l0.load(cx, at), [b]: l1.load(cx, at + o1) });
    case 3:
      return (cx, at) => ({ [a]: l0.load(cx, at), [b]: l1.load(cx, at + o1), [c]: l2.load(cx, at + o2) });
    case 4:
      return (cx, at) => ({
        [a]: l0.load(cx, at),
        [b]: l1.load(cx, at + o1),
        [c]: l2.load(cx, at + o2),
        [d]: l3.load(cx, at + o3),
      });
    default:
      return (cx, at) => {
        const record = {};
        for (let i = 0; i < keys.length; i++)
          setOwn(record, keys[i]!, members[i]!.load(cx, at + offsets[i]!));
        return record;
      };
  }
}

/** Sets a field whose name the guest chose: `__proto__` too must become a plain field. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true });
  else record[key] = value;
  return record;
}

/** The codec of a tuple: an array. */
export function compileTuple(members: readonly Codec[]): Codec {
  const offsets = memberOffsets(members);
  const starts = flatStarts(members);
  return {
    ...recordLayout(members),
    load: (cx, at) => members.map((member, i) => member.load(cx, at + offsets[i]!)),
    store: (cx, at, value) => members.forEach((member, i) => member.store(cx, at + offsets[i]!, value[i])),
    lift: (cx, core, from) => members.map((member, i) => member.lift(cx, core, from + starts[i]!)),
    lower: (cx, value, core) => members.forEach((member, i) => member.lower(cx, value[i], core)),
    check(cx, value) {
      if (!Array.isArray(value) || value.length !== members.length) {
        return mismatch(`an array of ${members.length}`, value);
      }
      for (let i = 0; i < members.length; i++) {
        const problem = members[i]!.check(cx, value[i]);
        if (problem !== undefined) return `[${i}]${problem}`;
      }
      return undefined;
    },
    ...passThrough(
      members,
      (value) => value[0],
      (value) => [value],
    ),
  };
}

function flatStarts(members: readonly Codec[]): number[] {
  let start = 0;
  return members.map((member) => (start += member.flat.length) - member.flat.length);
}

/** With one member of one core value, the whole has one too. */
function passThrough(
  members: readonly Codec[],
  open: (value: any) => unknown,
  close: (value: unknown) => unknown,
): Pick<Codec, 'lift1' | 'lower1'> {
  const [only] = members;
  const { lift1, lower1 } = only ?? {};
  if (members.length !== 1 || lift1 === undefined || lower1 === undefined) return {};
  return {
    lift1: (cx, core) => close(lift1(cx, core)),
    lower1: (cx, value) => lower1(cx, open(value)),
  };
}

/** The codec of flags: an object of booleans. A name that is missing counts as false. */
export function compileFlags(names: readonly string[]): Codec {
  const keys = names.map(toCamelCase);
  const size = flagsSize(names.length);
  const unpack = (bits: number): unknown => {
    const flags = {};
    for (let i = 0; i < keys.length; i++) setOwn(flags, keys[i]!, (bits & (1 << i)) !== 0);
    return flags;
  };
  const pack = (value: Record<string, boolean>): number => {
    let bits = 0;
    for (let i = 0; i < keys.length; i++) if (value[keys[i]!]) bits |= 1 << i;
    return bits;
  };
  const read = (cx: AbiContext, at: number): number =>
    size === 1
      ? cx.memory.view.getUint8(at)
      : size === 2
        ? cx.memory.view.getUint16(at, true)
        : cx.memory.view.getInt32(at, true);
  return {
    size,
    align: size,
    flat: ['i32'],
    load: (cx, at) => unpack(read(cx, at)),
    store(cx, at, value) {
      const bits = pack(value);
      if (size === 1) cx.memory.view.setUint8(at, bits);
      else if (size === 2) cx.memory.view.setUint16(at, bits, true);
      else cx.memory.view.setInt32(at, bits, true);
    },
    lift: (_, core, from) => unpack(core[from]),
    lower: (_, value, core) => void core.push(pack(value)),
    lift1: (_, core) => unpack(core),
    lower1: (_, value) => pack(value),
    check(_, value) {
      if (typeof value !== 'object' || value === null) return mismatch('an object of booleans', value);
      for (const key of keys) {
        const flag = value[key];
        if (flag !== undefined && typeof flag !== 'boolean') return `.${key}${mismatch('a boolean', flag)}`;
      }
      return undefined;
    },
  };
}
