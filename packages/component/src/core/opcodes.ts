/**
 * What follows each opcode of core WebAssembly: as much of the instruction set as is needed to step over it, and the
 * few distinctions by which the rewriter decides. An opcode that is not listed is unknown, and a module that uses it
 * is refused: whoever does not know an instruction cannot say where the next one begins.
 */

/**
 * Shapes of the immediates. The first ones say how many LEB128 numbers follow: indexes, heap types, integers. Most
 * instructions are such, and the scanner has a short way for them.
 */
export const NONE = 0;
export const NUMBER = 1;
export const TWO_NUMBERS = 2;
export const UNKNOWN = 3;
export const MEMORY_ARGUMENT = 4;
export const BLOCK_TYPE = 5;
export const LOOP = 6;
export const BRANCH_TABLE = 7;
export const FOUR_BYTES = 8;
export const EIGHT_BYTES = 9;
export const SIXTEEN_BYTES = 10;
export const ONE_BYTE = 11;
export const MEMORY_ARGUMENT_AND_LANE = 12;
export const TYPE_LIST = 13;
export const TRY_TABLE = 14;
/** `br_on_cast`: a byte of flags, a label, two heap types. */
export const CAST_BRANCH = 15;
export const PREFIX = 16;
export const MEMORY_SIZE = 17;
export const MEMORY_GROW = 18;
/** One number, the index of a function: calls it. */
export const CALL = 19;
/** Two numbers, type and table: calls. */
export const CALL_INDIRECT = 20;
/** One number, a type: calls a reference. */
export const CALL_REFERENCE = 21;
/** As above, and the frame is gone. */
export const TAIL_CALL = 22;
export const TAIL_CALL_INDIRECT = 23;
export const TAIL_CALL_REFERENCE = 24;
/** These take time in proportion to an operand. */
export const LONG_NUMBER = 25;
export const LONG_TWO_NUMBERS = 26;
/** One number, and they change what no snapshot holds: `table.set`, `data.drop`, `elem.drop`. */
export const LASTING_NUMBER = 27;
/** One number, or none: throws, which takes as long as a call of the host. */
export const THROW = 28;
export const THROW_REFERENCE = 29;

type Row = readonly [first: number, last: number, shape: number];

function tabulate(size: number, rows: readonly Row[]): Uint8Array {
  const table = new Uint8Array(size).fill(UNKNOWN);
  for (const [first, last, shape] of rows) table.fill(shape, first, last + 1);
  return table;
}

// prettier-ignore
export const SINGLE_BYTE: Uint8Array = tabulate(256, [
  [0x00, 0x01, NONE], // unreachable, nop
  [0x02, 0x02, BLOCK_TYPE], [0x03, 0x03, LOOP], [0x04, 0x04, BLOCK_TYPE], [0x05, 0x05, NONE], // block, loop, if, else
  [0x06, 0x06, BLOCK_TYPE], [0x07, 0x07, NUMBER], [0x08, 0x09, THROW], // try, catch; throw, rethrow
  [0x0a, 0x0a, THROW_REFERENCE], [0x0b, 0x0b, NONE], // throw_ref; end
  [0x0c, 0x0d, NUMBER], [0x0e, 0x0e, BRANCH_TABLE], [0x0f, 0x0f, NONE], // br, br_if, br_table, return
  [0x10, 0x10, CALL], [0x11, 0x11, CALL_INDIRECT], [0x12, 0x12, TAIL_CALL], [0x13, 0x13, TAIL_CALL_INDIRECT],
  [0x14, 0x14, CALL_REFERENCE], [0x15, 0x15, TAIL_CALL_REFERENCE], // call_ref, return_call_ref
  [0x18, 0x18, NUMBER], [0x19, 0x1b, NONE], [0x1c, 0x1c, TYPE_LIST], // delegate; catch_all, drop, select; select t
  [0x1f, 0x1f, TRY_TABLE],
  [0x20, 0x25, NUMBER], [0x26, 0x26, LASTING_NUMBER], // local.*, global.*, table.get; table.set
  [0x28, 0x3e, MEMORY_ARGUMENT], [0x3f, 0x3f, MEMORY_SIZE], [0x40, 0x40, MEMORY_GROW],
  [0x41, 0x42, NUMBER], [0x43, 0x43, FOUR_BYTES], [0x44, 0x44, EIGHT_BYTES], [0x45, 0xc4, NONE],
  [0xd0, 0xd0, NUMBER], [0xd1, 0xd1, NONE], [0xd2, 0xd2, NUMBER], // ref.null, ref.is_null, ref.func
  [0xd3, 0xd4, NONE], [0xd5, 0xd6, NUMBER], // ref.eq, ref.as_non_null; br_on_null, br_on_non_null
  [0xfb, 0xfe, PREFIX],
]);

// prettier-ignore
const GARBAGE_COLLECTION = tabulate(32, [
  [0x00, 0x01, NUMBER], [0x02, 0x05, TWO_NUMBERS], // struct.new…; struct.get…, struct.set
  [0x06, 0x07, LONG_NUMBER], [0x08, 0x08, TWO_NUMBERS], [0x09, 0x0a, LONG_TWO_NUMBERS], // array.new…
  [0x0b, 0x0e, NUMBER], [0x0f, 0x0f, NONE], // array.get…, array.set; array.len
  [0x10, 0x10, LONG_NUMBER], [0x11, 0x13, LONG_TWO_NUMBERS], // array.fill; array.copy, array.init_*
  [0x14, 0x17, NUMBER], [0x18, 0x19, CAST_BRANCH], [0x1a, 0x1e, NONE], // ref.test, ref.cast; br_on_cast…; i31, conversions
]);

// prettier-ignore
const MISCELLANEOUS = tabulate(32, [
  [0, 7, NONE], // saturating truncation
  [8, 8, LONG_TWO_NUMBERS], [9, 9, LASTING_NUMBER], [10, 10, LONG_TWO_NUMBERS], [11, 11, LONG_NUMBER], // memory.init … memory.fill
  [12, 12, LONG_TWO_NUMBERS], [13, 13, LASTING_NUMBER], [14, 14, LONG_TWO_NUMBERS], // table.init, elem.drop, table.copy
  [15, 15, LONG_NUMBER], [16, 16, NUMBER], [17, 17, LONG_NUMBER], // table.grow, table.size, table.fill
  [19, 22, NONE], // wide arithmetic
]);

// prettier-ignore
const VECTOR = tabulate(0x114, [
  [0, 11, MEMORY_ARGUMENT], [12, 13, SIXTEEN_BYTES], [14, 20, NONE], [21, 34, ONE_BYTE], [35, 83, NONE],
  [84, 91, MEMORY_ARGUMENT_AND_LANE], [92, 93, MEMORY_ARGUMENT], [94, 0x113, NONE],
]);

// prettier-ignore
const ATOMIC = tabulate(0x4f, [
  [0x00, 0x00, MEMORY_ARGUMENT], // notify; the two waits stay unknown: they would hold the thread
  [0x03, 0x03, ONE_BYTE], [0x10, 0x4e, MEMORY_ARGUMENT],
]);

export const FIRST_PREFIX = 0xfb;

/** By prefix, from the first one on. */
export const PREFIXED: readonly Uint8Array[] = [GARBAGE_COLLECTION, MISCELLANEOUS, VECTOR, ATOMIC];

/** Instructions that are refused, or that keep an instance from being put back, and that people may meet. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0xfe_01, 'memory.atomic.wait32'],
  [0xfe_02, 'memory.atomic.wait64'],
  [0xfc_12, 'memory.discard'],
  [0x26, 'table.set'],
  [0xfc_09, 'data.drop'],
  [0xfc_0c, 'table.init'],
  [0xfc_0d, 'elem.drop'],
  [0xfc_0e, 'table.copy'],
  [0xfc_0f, 'table.grow'],
  [0xfc_11, 'table.fill'],
  [0xe0, 'cont.new'],
  [0xe1, 'cont.bind'],
  [0xe2, 'suspend'],
  [0xe3, 'resume'],
  [0xe4, 'resume_throw'],
  [0xe5, 'switch'],
]);

/** How to speak of an instruction. `prefix` is 0 for those of one byte. */
export function nameInstruction(prefix: number, opcode: number): string {
  const name = NAMES.get(prefix === 0 ? opcode : (prefix << 8) | opcode);
  if (name !== undefined) return name;
  return prefix === 0 ? `0x${opcode.toString(16)}` : `0x${prefix.toString(16)} 0x${opcode.toString(16)}`;
}
