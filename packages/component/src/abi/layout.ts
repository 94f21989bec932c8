import type { CoreType, ValueType } from './model.ts';

/** How a value lies in linear memory, and as core values. */
export interface Layout {
  readonly size: number;
  readonly align: number;
  readonly flat: readonly CoreType[];
}

export const MAX_FLAT_PARAMS = 16;
export const MAX_FLAT_RESULTS = 1;
/** Most bytes of one string or list. */
export const MAX_BYTES = 2 ** 28 - 1;

export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** Bytes of a variant's discriminant. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 2 ** 8 ? 1 : cases <= 2 ** 16 ? 2 : 4;
}

/** Bytes of a set of flags. */
export function flagsSize(names: number): 1 | 2 | 4 {
  return names <= 8 ? 1 : names <= 16 ? 2 : 4;
}

/** Where the payload of a variant begins. */
export function payloadOffset(payloads: readonly (Layout | undefined)[]): number {
  return alignTo(discriminantSize(payloads.length), payloadAlign(payloads));
}

function payloadAlign(payloads: readonly (Layout | undefined)[]): number {
  return Math.max(1, ...payloads.map((payload) => payload?.align ?? 1));
}

/** Offsets of the members of a record. */
export function memberOffsets(members: readonly Layout[]): number[] {
  let end = 0;
  return members.map((member) => {
    const offset = alignTo(end, member.align);
    end = offset + member.size;
    return offset;
  });
}

export function recordLayout(members: readonly Layout[]): Layout {
  const align = Math.max(1, ...members.map((member) => member.align));
  const last = members.length - 1;
  const end = last < 0 ? 0 : memberOffsets(members)[last]! + members[last]!.size;
  return { size: alignTo(end, align), align, flat: members.flatMap((member) => member.flat) };
}

export function variantLayout(payloads: readonly (Layout | undefined)[]): Layout {
  const discriminant = discriminantSize(payloads.length);
  const align = Math.max(discriminant, payloadAlign(payloads));
  const size = Math.max(0, ...payloads.map((payload) => payload?.size ?? 0));
  const flat: CoreType[] = [];
  for (const payload of payloads) {
    payload?.flat.forEach((type, i) => (flat[i] = i < flat.length ? joinCoreTypes(flat[i]!, type) : type));
  }
  return { size: alignTo(payloadOffset(payloads) + size, align), align, flat: ['i32', ...flat] };
}

export function fixedListLayout(element: Layout, length: number): Layout {
  const flat: CoreType[] = [];
  // A list that is too long for core parameters is passed through memory: how much longer makes no difference.
  for (let i = 0; i < length && flat.length <= MAX_FLAT_PARAMS; i++) flat.push(...element.flat);
  return { size: element.size * length, align: element.align, flat };
}

/** The tightest core type that holds either. */
function joinCoreTypes(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64';
}

const SCALARS: Readonly<Record<string, Layout>> = {
  bool: { size: 1, align: 1, flat: ['i32'] },
  s8: { size: 1, align: 1, flat: ['i32'] },
  u8: { size: 1, align: 1, flat: ['i32'] },
  s16: { size: 2, align: 2, flat: ['i32'] },
  u16: { size: 2, align: 2, flat: ['i32'] },
  s32: { size: 4, align: 4, flat: ['i32'] },
  u32: { size: 4, align: 4, flat: ['i32'] },
  s64: { size: 8, align: 8, flat: ['i64'] },
  u64: { size: 8, align: 8, flat: ['i64'] },
  f32: { size: 4, align: 4, flat: ['f32'] },
  f64: { size: 8, align: 8, flat: ['f64'] },
  char: { size: 4, align: 4, flat: ['i32'] },
  string: { size: 8, align: 4, flat: ['i32', 'i32'] },
};

const INDEX: Layout = { size: 4, align: 4, flat: ['i32'] };

/** The layout of a type in a memory with 32-bit addresses. */
export function layOut(type: ValueType): Layout {
  switch (type.kind) {
    case 'list': {
      if (type.length === undefined) return SCALARS['string']!;
      return fixedListLayout(layOut(type.element), type.length);
    }
    case 'record':
      return recordLayout(type.fields.map((field) => layOut(field.type)));
    case 'tuple':
      return recordLayout(type.types.map(layOut));
    case 'variant':
      return variantLayout(type.cases.map((one) => one.type && layOut(one.type)));
    case 'enum':
      return variantLayout(type.names.map(() => undefined));
    case 'option':
      return variantLayout([undefined, layOut(type.type)]);
    case 'result':
      return variantLayout([type.ok && layOut(type.ok), type.err && layOut(type.err)]);
    case 'flags': {
      const size = flagsSize(type.names.length);
      return { size, align: size, flat: ['i32'] };
    }
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
    case 'error-context':
      return INDEX;
    default:
      return SCALARS[type.kind]!;
  }
}
