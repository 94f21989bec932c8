import { ComponentError } from '../api.ts';
import * as op from './opcodes.ts';

/** What is to happen at a place in the code: look at the flag there, or call a stand-in for `memory.size` or `grow`. */
export const CHECK = 0;
export const SIZE = 1;
export const GROW = 2;
/** Noted, and found not to be needed. */
export const NOTHING = 3;

/**
 * Most calls in a row without a look at the flag. Together with the weight that a function may have without looking at it
 * on entry this bounds how long a guest can go unnoticed: some tenths of a millisecond.
 */
const CALLS_IN_A_ROW = 256;

/**
 * Places in the code section, in ascending order. Parallel arrays because a large module has tens of thousands.
 */
export class Edits {
  count = 0;
  /** Where the bytes that go away begin, and end: the same for what is only put in. */
  start = new Int32Array(1024);
  end = new Int32Array(1024);
  kind = new Uint8Array(1024);
  /** With SIZE and GROW: the index of the memory. */
  memory = new Int32Array(1024);

  add(kind: number, start: number, end: number = start, memory = 0): void {
    const at = this.count++;
    if (at === this.start.length) this.#enlarge();
    this.start[at] = start;
    this.end[at] = end;
    this.kind[at] = kind;
    this.memory[at] = memory;
  }

  #enlarge(): void {
    this.start = enlarge(this.start);
    this.end = enlarge(this.end);
    this.memory = enlarge(this.memory);
    const kind = new Uint8Array(this.kind.length * 2);
    kind.set(this.kind);
    this.kind = kind;
  }
}

/** Calls, in the order of the code. */
export class CallSites {
  count = 0;
  /** Index of the function that is called, or -1 where that turns out at run time. */
  callee = new Int32Array(1024);

  add(callee: number): void {
    const at = this.count++;
    if (at === this.callee.length) this.callee = enlarge(this.callee);
    this.callee[at] = callee;
  }
}

function enlarge(old: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(old.length * 2);
  larger.set(old);
  return larger;
}

/** Past the LEB128 number at `at`. */
function skipNumber(bytes: Uint8Array, at: number): number {
  while (bytes[at++]! >= 0x80);
  return at;
}

function readNumber(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (!(byte >= 0x80)) return value;
  }
}

/** Past a value type or a block type: one number, after a byte of its own where it is a reference type. */
function skipType(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  return skipNumber(bytes, first === 0x63 || first === 0x64 ? at + 1 : at);
}

function skipMemoryArgument(bytes: Uint8Array, at: number): number {
  const hasIndex = (bytes[at]! & 0x40) !== 0;
  at = skipNumber(bytes, at);
  if (hasIndex) at = skipNumber(bytes, at);
  return skipNumber(bytes, at);
}

function skipTryTable(bytes: Uint8Array, at: number): number {
  at = skipType(bytes, at);
  const count = readNumber(bytes, at);
  at = skipNumber(bytes, at);
  for (let index = 0; index < count; index++) {
    const withTag = bytes[at++]! < 2;
    if (withTag) at = skipNumber(bytes, at);
    at = skipNumber(bytes, at);
  }
  return at;
}

/** Past immediates of the shapes that are too rare for the loop in `scanBody`. */
function skipRare(bytes: Uint8Array, at: number, shape: number): number {
  switch (shape) {
    case op.TWO_NUMBERS:
      return skipNumber(bytes, skipNumber(bytes, at));
    case op.BRANCH_TABLE:
    case op.TYPE_LIST: {
      const count = readNumber(bytes, at);
      at = skipNumber(bytes, at);
      if (shape === op.TYPE_LIST) {
        for (let index = 0; index < count; index++) at = skipType(bytes, at);
        return at;
      }
      for (let index = 0; index <= count; index++) at = skipNumber(bytes, at);
      return at;
    }
    case op.ONE_BYTE:
      return at + 1;
    case op.FOUR_BYTES:
      return at + 4;
    case op.EIGHT_BYTES:
      return at + 8;
    case op.SIXTEEN_BYTES:
      return at + 16;
    case op.MEMORY_ARGUMENT:
      return skipMemoryArgument(bytes, at);
    case op.MEMORY_ARGUMENT_AND_LANE:
      return skipMemoryArgument(bytes, at) + 1;
    case op.TRY_TABLE:
      return skipTryTable(bytes, at);
    case op.CAST_BRANCH:
      return skipNumber(bytes, skipNumber(bytes, skipNumber(bytes, at + 1)));
    default:
      throw new Error(`shape ${shape} of immediates is not handled`);
  }
}

function refuse(prefix: number, opcode: number, offset: number): never {
  throw new ComponentError(
    'unsupported',
    `A core module uses the instruction ${op.nameInstruction(prefix, opcode)} (at byte ${offset} of the module), ` +
      'which cannot run under limits',
    { offset },
  );
}

/**
 * Steps through one function body of a valid module, and notes what is to be rewritten and what is called.
 *
 * The flag is looked at
 * - at the head of each loop;
 * - on entry to the function: noted as its first edit, for `decideEntries` to take back;
 * - before each instruction whose time depends on an operand, and every so many calls, since a function may have
 *   thousands of them in a row.
 *
 * @param start of the body, behind its size
 * @returns whether it has a tail call
 * @throws {ComponentError} `unsupported` names an instruction that is not known
 */
export function scanBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  edits: Edits,
  sites: CallSites,
): boolean {
  let at = start;
  const groups = readNumber(bytes, at);
  at = skipNumber(bytes, at);
  for (let group = 0; group < groups; group++) at = skipType(bytes, skipNumber(bytes, at));

  edits.add(CHECK, at);
  let hasTailCall = false;
  let nextCheck = sites.count + CALLS_IN_A_ROW;

  let offset = at;
  while (at < end) {
    offset = at;
    const opcode = bytes[at++]!;
    const shape = op.SINGLE_BYTE[opcode]!;
    switch (shape) {
      case op.NONE:
        break;
      case op.CALL:
      case op.CALL_REFERENCE:
      case op.CALL_INDIRECT:
        if (sites.count === nextCheck) {
          edits.add(CHECK, offset);
          nextCheck += CALLS_IN_A_ROW;
        }
        sites.add(shape === op.CALL ? readNumber(bytes, at) : -1);
        at = skipNumber(bytes, at);
        if (shape === op.CALL_INDIRECT) at = skipNumber(bytes, at);
        break;
      case op.TAIL_CALL:
      case op.TAIL_CALL_REFERENCE:
      case op.TAIL_CALL_INDIRECT:
        hasTailCall = true;
        sites.add(shape === op.TAIL_CALL ? readNumber(bytes, at) : -1);
        at = skipNumber(bytes, at);
        if (shape === op.TAIL_CALL_INDIRECT) at = skipNumber(bytes, at);
        break;
      case op.NUMBER:
        while (bytes[at++]! >= 0x80);
        break;
      case op.MEMORY_ARGUMENT:
        if ((bytes[at]! & 0x40) !== 0) {
          at = skipMemoryArgument(bytes, at);
          break;
        }
        while (bytes[at++]! >= 0x80);
        while (bytes[at++]! >= 0x80);
        break;
      case op.BLOCK_TYPE:
        at = skipType(bytes, at);
        break;
      case op.LOOP:
        at = skipType(bytes, at);
        edits.add(CHECK, at);
        break;
      case op.MEMORY_SIZE:
      case op.MEMORY_GROW: {
        const memory = readNumber(bytes, at);
        at = skipNumber(bytes, at);
        edits.add(shape === op.MEMORY_SIZE ? SIZE : GROW, offset, at, memory);
        break;
      }
      case op.PREFIX: {
        const rest = readNumber(bytes, at);
        at = skipNumber(bytes, at);
        const inner = op.PREFIXED[opcode - 0xfb]![rest] ?? op.UNKNOWN;
        if (inner === op.NONE) break;
        if (inner === op.UNKNOWN) refuse(opcode, rest, offset);
        if (inner === op.NUMBER) {
          at = skipNumber(bytes, at);
        } else if (inner === op.LONG_NUMBER) {
          edits.add(CHECK, offset);
          at = skipNumber(bytes, at);
        } else if (inner === op.LONG_TWO_NUMBERS) {
          edits.add(CHECK, offset);
          at = skipNumber(bytes, skipNumber(bytes, at));
        } else {
          at = skipRare(bytes, at, inner);
        }
        break;
      }
      default:
        if (shape === op.UNKNOWN) refuse(0, opcode, offset);
        at = skipRare(bytes, at, shape);
    }
  }
  if (at !== end || offset !== end - 1 || bytes[offset] !== 0x0b) {
    throw new ComponentError(
      'unsupported',
      `The code of a core module cannot be followed: the function at byte ${start} does not end where its last instruction ends`,
      { offset: start },
    );
  }
  return hasTailCall;
}
