import { NOTHING, STORE, STORE_MANY } from './edits.ts';
import type { Edits } from './edits.ts';
import type { Bodies } from './entries.ts';
import { BLOCK_BITS, SLACK } from './marks.ts';
import { Writer } from './writer.ts';

/** Types of the values that are stored, as indexes into `TYPE_CODES`. */
const I32 = 0;
const I64 = 1;
const F32 = 2;
const F64 = 3;
const V128 = 4;
const TYPE_CODES = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b] as const;

/** From `i32.store` to `i64.store32`. */
const FIRST_STORE = 0x36;
const STORED = [I32, I64, F32, F64, I32, I32, I64, I64, I64] as const;

const VECTOR_PREFIX = 0xfd;
const VECTOR_STORE = 0x0b;
const FIRST_LANE_STORE = 0x58;
const LAST_LANE_STORE = 0x5b;
const ATOMIC_PREFIX = 0xfe;
const FIRST_ATOMIC_STORE = 0x17;

/** Flag of a memory argument: the index of a memory follows. */
const WITH_INDEX = 0x40;

/** Notes an instruction with a memory argument, where it writes. */
export function noteStore(edits: Edits, opcode: number, rest: number, offset: number, flags: number): void {
  const type = typeOfStore(opcode, rest);
  if (type === undefined) return;
  if (type === 'atomic' || (flags & WITH_INDEX) !== 0) edits.unnoted = true;
  else edits.add(STORE, offset, offset, type);
}

function typeOfStore(opcode: number, rest: number): number | 'atomic' | undefined {
  if (opcode < VECTOR_PREFIX) return STORED[opcode - FIRST_STORE];
  if (opcode === ATOMIC_PREFIX) return rest >= FIRST_ATOMIC_STORE ? 'atomic' : undefined;
  const writes = rest === VECTOR_STORE || (rest >= FIRST_LANE_STORE && rest <= LAST_LANE_STORE);
  return writes ? V128 : undefined;
}

/** What stands before the stores of a module, and the locals that it needs. */
export interface StoreCode {
  /** All of it, one edit after the other. */
  readonly bytes: Uint8Array;
  /** Where that of each edit ends; it begins where that of the edit before ends. */
  readonly end: Int32Array;
  /** By function: the declarations of its locals. Undefined: as they were. */
  readonly locals: readonly (NewLocals | undefined)[];
}

interface NewLocals {
  /** All of them. */
  readonly bytes: Uint8Array;
  /** Where the old ones end. */
  readonly behind: number;
}

/** Drops the notes of stores: the module cannot have them all. */
export function forgetStores(edits: Edits): void {
  for (let edit = 0; edit < edits.count; edit++) {
    if (edits.kind[edit]! >= STORE) edits.kind[edit] = NOTHING;
  }
}

/** Whether there are stores. */
export function hasStores(edits: Edits): boolean {
  return edits.kind.subarray(0, edits.count).some((kind) => kind >= STORE);
}

/** Most locals that V8 lets a function have, parameters included, and most that are added. */
const MOST_LOCALS = 50_000;
const ADDED_LOCALS = 3 + V128;

/** Whether each function has room for the locals that its stores need. */
export function haveRoom(module: Uint8Array, bodies: Bodies, parameters: readonly number[]): boolean {
  for (let body = 0; body < bodies.count; body++) {
    const { count } = readLocals(module, bodies.start[body]!);
    if (parameters[body]! + count + ADDED_LOCALS > MOST_LOCALS) return false;
  }
  return true;
}

/** Where the parts are that the code calls and writes to. */
export interface StoreTargets {
  /** Index of the memory with the marks. */
  readonly marks: number;
  /** Index of the function that notes a range: address, size. */
  readonly noteMany: number;
}

/**
 * Writes what stands before each store: with the address and the value on the stack, it sets the mark of the address.
 *
 * ```wat
 * (local.set $value) (local.tee $address)
 * (i32.store8 $marks (i32.shr_u (local.get $address) (i32.const 12)) (i32.const 1))
 * (local.get $value)
 * ```
 */
export function writeStoreCode(
  module: Uint8Array,
  bodies: Bodies,
  parameters: readonly number[],
  edits: Edits,
  { marks, noteMany }: StoreTargets,
): StoreCode {
  const code = new Writer(edits.count * 16);
  const end = new Int32Array(edits.count);
  const locals: (NewLocals | undefined)[] = [];
  for (let body = 0; body < bodies.count; body++) {
    const first = bodies.firstEdit[body]!;
    const behind = body + 1 < bodies.count ? bodies.firstEdit[body + 1]! : edits.count;
    const used = typesOf(edits, first, behind);
    if (used === 0) {
      locals.push(undefined);
      end.fill(code.length, first, behind);
      continue;
    }
    const old = readLocals(module, bodies.start[body]!);
    const address = parameters[body]! + old.count;
    const places = placeLocals(address, used);
    locals.push(declareLocals(module, old, used));
    for (let edit = first; edit < behind; edit++) {
      const kind = edits.kind[edit];
      if (kind === STORE) {
        const value = places[edits.memory[edit]!]!;
        writeStore(code, address, value, offsetOf(module, edits.start[edit]!), marks);
      } else if (kind === STORE_MANY) writeStoreMany(code, address, noteMany);
      end[edit] = code.length;
    }
  }
  return { bytes: code.bytes.subarray(0, code.length), end, locals };
}

/** A bit for each type of value that is stored; numbers of bytes are of the first. */
function typesOf(edits: Edits, first: number, behind: number): number {
  let types = 0;
  for (let edit = first; edit < behind; edit++) {
    if (edits.kind[edit] === STORE) types |= 1 << edits.memory[edit]!;
    else if (edits.kind[edit] === STORE_MANY) types |= 1 << I32;
  }
  return types;
}

interface OldLocals {
  readonly groups: number;
  readonly count: number;
  /** Where the groups begin, and end. */
  readonly start: number;
  readonly behind: number;
}

function readLocals(module: Uint8Array, start: number): OldLocals {
  let at = start;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const groups = next();
  const from = at;
  let count = 0;
  for (let group = 0; group < groups; group++) {
    count += next();
    const type = module[at++]!;
    if (type === 0x63 || type === 0x64) next();
  }
  return { groups, count, start: from, behind: at };
}

/** Three of i32 come first: an address, a value or the number of bytes, and what lies between these two. */
function placeLocals(address: number, used: number): number[] {
  const places = [address + 1];
  let next = address + 3;
  for (let type = I64; type <= V128; type++) places.push((used & (1 << type)) === 0 ? -1 : next++);
  return places;
}

function declareLocals(module: Uint8Array, old: OldLocals, used: number): NewLocals {
  const groups = [3, TYPE_CODES[I32]];
  for (let type = I64; type <= V128; type++) {
    if ((used & (1 << type)) !== 0) groups.push(1, TYPE_CODES[type]!);
  }
  const writer = new Writer(old.behind - old.start + 16);
  writer.unsigned(old.groups + groups.length / 2);
  writer.copy(module, old.start, old.behind);
  writer.copy(groups);
  return { bytes: writer.finish(), behind: old.behind };
}

/** What a store adds to its address. @param at of the instruction */
function offsetOf(module: Uint8Array, at: number): number {
  const skip = (): void => {
    while (module[at++]! >= 0x80);
  };
  const prefixed = module[at++] === VECTOR_PREFIX;
  if (prefixed) skip();
  skip(); // alignment
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = module[at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

const LARGEST_VALUE = 16;

function writeStore(code: Writer, address: number, value: number, offset: number, marks: number): void {
  local(code, 0x21, value);
  local(code, 0x22, address);
  local(code, 0x20, address);
  // A sum that does not fit into 32 bits marks some other block; then the store itself traps.
  if (offset + LARGEST_VALUE > SLACK) {
    code.byte(0x41);
    signed(code, offset | 0);
    code.byte(0x6a);
  }
  code.copy([0x41, BLOCK_BITS, 0x76, 0x41, 1, 0x3a, WITH_INDEX]);
  code.unsigned(marks);
  code.byte(0);
  local(code, 0x20, value);
}

/** On the stack: an address, where the bytes come from or what they are, and how many they are. */
function writeStoreMany(code: Writer, address: number, noteMany: number): void {
  const size = address + 1;
  const source = address + 2;
  local(code, 0x21, size);
  local(code, 0x21, source);
  local(code, 0x22, address);
  local(code, 0x20, address);
  local(code, 0x20, size);
  code.byte(0x10);
  code.unsigned(noteMany);
  local(code, 0x20, source);
  local(code, 0x20, size);
}

function local(code: Writer, opcode: number, index: number): void {
  code.byte(opcode);
  code.unsigned(index);
}

/** Signed LEB128, of 32 bits. */
function signed(code: Writer, value: number): void {
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if ((value === 0 && byte < 0x40) || (value === -1 && byte >= 0x40)) return code.byte(byte);
    code.byte(byte | 0x80);
  }
}
