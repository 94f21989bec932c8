import type { CoreType } from './model.ts';

/** How a value lies in linear memory, and as core values. */
export interface Layout {
  readonly size: number;
  readonly align: number;
  /** At most one more than parameters may have. */
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
  return payloads.reduce((align, payload) => Math.max(align, payload?.align ?? 1), 1);
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
  let align = 1;
  let end = 0;
  const flat: CoreType[] = [];
  for (const member of members) {
    align = Math.max(align, member.align);
    end = alignTo(end, member.align) + member.size;
    if (flat.length <= MAX_FLAT_PARAMS) flat.push(...member.flat);
  }
  return { size: alignTo(end, align), align, flat: capFlat(flat) };
}

export function variantLayout(payloads: readonly (Layout | undefined)[]): Layout {
  const align = Math.max(discriminantSize(payloads.length), payloadAlign(payloads));
  let size = 0;
  const flat: CoreType[] = [];
  for (const payload of payloads) {
    if (payload === undefined) continue;
    size = Math.max(size, payload.size);
    payload.flat.forEach((type, i) => (flat[i] = i < flat.length ? joinCoreTypes(flat[i]!, type) : type));
  }
  return { size: alignTo(payloadOffset(payloads) + size, align), align, flat: capFlat(['i32', ...flat]) };
}

export function fixedListLayout(element: Layout, length: number): Layout {
  const flat: CoreType[] = [];
  for (let i = 0; i < length && flat.length <= MAX_FLAT_PARAMS; i++) flat.push(...element.flat);
  return { size: element.size * length, align: element.align, flat: capFlat(flat) };
}

/**
 * A value of more core values than parameters may have goes through memory: how many more makes no difference, and a
 * small type can have billions.
 */
function capFlat(flat: readonly CoreType[]): readonly CoreType[] {
  return flat.slice(0, MAX_FLAT_PARAMS + 1);
}

/** The tightest core type that holds either. */
function joinCoreTypes(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64';
}

/** Numbers, booleans and chars. */
export const SCALAR_LAYOUTS = {
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
} as const satisfies Readonly<Record<string, Layout>>;

/** Strings and lists: an address and a length. */
export const RANGE_LAYOUT: Layout = { size: 8, align: 4, flat: ['i32', 'i32'] };

/** Handles: an index. */
export const HANDLE_LAYOUT: Layout = { size: 4, align: 4, flat: ['i32'] };

/** How many core values all of them take. */
export function countFlat(types: readonly Layout[]): number {
  return types.reduce((count, { flat }) => count + flat.length, 0);
}
