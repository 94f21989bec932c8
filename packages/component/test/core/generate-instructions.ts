/** Instructions by what they take and give, for `generate.ts`. Those of floating point give no bits of theirs away: NaNs differ. */

export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref' | 'i31';

type Row = readonly [result: Type, operands: readonly Type[], names: string];

const ints = (type: 'i32' | 'i64'): Row[] => [
  [type, [type, type], 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'],
  [type, [type], 'clz ctz popcnt extend8_s extend16_s'],
  ['i32', [type, type], 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'],
  ['i32', [type], 'eqz'],
  [type, ['f64'], 'trunc_f64_s trunc_f64_u trunc_sat_f64_s trunc_sat_f64_u'],
  [type, ['f32'], 'trunc_f32_s trunc_f32_u trunc_sat_f32_s trunc_sat_f32_u'],
];
const floats = (type: 'f32' | 'f64'): Row[] => [
  [type, [type, type], 'add sub mul div min max copysign'],
  [type, [type], 'abs neg ceil floor trunc nearest sqrt'],
  ['i32', [type, type], 'eq ne lt gt le ge'],
  [type, ['i32'], 'convert_i32_s convert_i32_u'],
  [type, ['i64'], 'convert_i64_s convert_i64_u'],
];
const VECTORS: readonly Row[] = [
  [
    'v128',
    ['v128', 'v128'],
    'v128.and v128.andnot v128.or v128.xor i8x16.swizzle i8x16.add i8x16.sub_sat_s i8x16.avgr_u',
  ],
  [
    'v128',
    ['v128', 'v128'],
    'i8x16.min_u i8x16.eq i8x16.gt_s i8x16.narrow_i16x8_s i16x8.mul i16x8.q15mulr_sat_s',
  ],
  [
    'v128',
    ['v128', 'v128'],
    'i16x8.extmul_low_i8x16_s i32x4.mul i32x4.dot_i16x8_s i32x4.lt_u i64x2.mul i64x2.ge_s',
  ],
  ['v128', ['v128', 'v128'], 'i32x4.max_s i64x2.sub f32x4.lt f64x2.ge'],
  [
    'v128',
    ['v128'],
    'v128.not i8x16.abs i8x16.popcnt i16x8.extadd_pairwise_i8x16_u i32x4.extend_high_i16x8_s i64x2.neg',
  ],
  [
    'v128',
    ['v128'],
    'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f32x4.convert_i32x4_u',
  ],
  ['v128', ['v128', 'i32'], 'i8x16.shl i16x8.shr_s i32x4.shr_u i64x2.shl'],
  ['v128', ['v128', 'v128', 'v128'], 'v128.bitselect'],
  ['i32', ['v128'], 'v128.any_true i8x16.all_true i8x16.bitmask i16x8.bitmask i64x2.all_true'],
  ['v128', ['i32'], 'i8x16.splat i16x8.splat i32x4.splat'],
  ['v128', ['i64'], 'i64x2.splat'],
  ['i32', ['v128'], 'i8x16.extract_lane_s:15 i16x8.extract_lane_u:7 i32x4.extract_lane:3'],
  ['i64', ['v128'], 'i64x2.extract_lane:1'],
  ['v128', ['v128', 'i32'], 'i8x16.replace_lane:3 i32x4.replace_lane:0'],
  ['v128', ['v128', 'v128'], 'i8x16.shuffle:3:2:1:0:16:17:18:19:8:9:3:11:12:13:14:31'],
];
const named = (type: string, rows: Row[]): Row[] =>
  rows.map(([result, operands, names]) => [
    result,
    operands,
    names
      .split(' ')
      .map((name) => `${type}.${name}`)
      .join(' '),
  ]);

const ROWS: readonly Row[] = [
  ...named('i32', ints('i32')),
  ...named('i64', ints('i64')),
  ...named('f32', floats('f32')),
  ...named('f64', floats('f64')),
  ...VECTORS,
  ['i32', ['i64'], 'i32.wrap_i64'],
  ['i64', ['i32'], 'i64.extend_i32_s i64.extend_i32_u'],
  ['i64', ['i64'], 'i64.extend32_s'],
  ['f32', ['f64'], 'f32.demote_f64'],
  ['f64', ['f32'], 'f64.promote_f32'],
  ['i32', ['funcref'], 'ref.is_null'],
  ['i32', ['externref'], 'ref.is_null'],
];

export interface Plain {
  readonly text: string;
  readonly operands: readonly Type[];
}

/** By what they give. */
export const PLAIN: ReadonlyMap<Type, readonly Plain[]> = Map.groupBy(
  ROWS.flatMap(([result, operands, names]) =>
    names.split(' ').map((name) => ({ text: name.replaceAll(':', ' '), operands, result })),
  ),
  ({ result }) => result,
);

/** Loads and stores, by the type of the value. `:` is where the memory argument goes. */
export const LOADS: Readonly<Partial<Record<Type, readonly string[]>>> = {
  i32: ['i32.load:', 'i32.load8_s:', 'i32.load8_u:', 'i32.load16_s:', 'i32.load16_u:'],
  i64: ['i64.load:', 'i64.load8_s:', 'i64.load16_u:', 'i64.load32_s:', 'i64.load32_u:'],
  v128: ['v128.load:', 'v128.load8x8_s:', 'v128.load16_splat:', 'v128.load32_zero:', 'v128.load64_zero:'],
};
export const STORES: Readonly<Partial<Record<Type, readonly string[]>>> = {
  i32: ['i32.store:', 'i32.store8:', 'i32.store16:'],
  i64: ['i64.store:', 'i64.store8:', 'i64.store16:', 'i64.store32:'],
  v128: [
    'v128.store:',
    'v128.store8_lane: 15',
    'v128.store16_lane: 7',
    'v128.store32_lane: 1',
    'v128.store64_lane: 1',
  ],
};
export const LANE_LOADS = [
  'v128.load8_lane: 9',
  'v128.load16_lane: 3',
  'v128.load32_lane: 2',
  'v128.load64_lane: 0',
];

/** Of memories that are not shared: an address, a value, the old value. */
export const ATOMICS = ['add', 'sub', 'and', 'or', 'xor', 'xchg'].flatMap((name) => [
  `i32.atomic.rmw.${name}`,
  `i32.atomic.rmw8.${name}_u`,
  `i32.atomic.rmw16.${name}_u`,
]);
