import { ComponentError } from '../api.ts';
import { CHECK, GROW, SIZE, STORE_MANY } from './edits.ts';
import type { CallSites, Edits } from './edits.ts';
import { Path } from './path.ts';
import { noteStore } from './stores.ts';
import {
  BLOCK_TYPE,
  BRANCH_TABLE,
  CALL,
  CALL_INDIRECT,
  CALL_REFERENCE,
  CAST_BRANCH,
  EIGHT_BYTES,
  FOUR_BYTES,
  LONG_NUMBER,
  LONG_TWO_NUMBERS,
  LOOP,
  MEMORY_ARGUMENT,
  MEMORY_ARGUMENT_AND_LANE,
  MEMORY_GROW,
  MEMORY_SIZE,
  NUMBER,
  ONE_BYTE,
  PREFIX,
  FIRST_PREFIX,
  LASTING_NUMBER,
  PREFIXED,
  SINGLE_BYTE,
  SIXTEEN_BYTES,
  TAIL_CALL,
  TAIL_CALL_INDIRECT,
  TAIL_CALL_REFERENCE,
  THROW,
  THROW_REFERENCE,
  TRY_TABLE,
  TWO_NUMBERS,
  TYPE_LIST,
  UNKNOWN,
  nameInstruction,
} from './opcodes.ts';

/**
 * How much may run in a function since it looked at the flag, in bytes and weights, before it looks again. When a deep
 * stack unwinds, so much runs in each of its frames: of ten thousand it is some milliseconds.
 */
const MOST_ON_THE_WAY = 8000;

/** Opcodes in between, of those with such immediates, lead to the next instruction. */
const FIRST_LOCAL = 0x1a;
const FIRST_REFERENCE_BRANCH = 0xd5;

/** Of the instructions with this prefix that take time all from `table.init` on change a table, the others a memory. */
const MISCELLANEOUS_PREFIX = 0xfc;
const TABLE_INIT = 0x0c;

/** Past the LEB128 number at `at`. */
function skipNumber(bytes: Uint8Array, at: number): number {
  while (bytes[at++]! >= 0x80);
  return at;
}

/** An index or a count: at most 32 bits. */
function readNumber(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (!(byte >= 0x80)) return value >>> 0;
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

function followTryTable(bytes: Uint8Array, at: number, path: Path | undefined): number {
  at = skipType(bytes, at);
  const count = readNumber(bytes, at);
  at = skipNumber(bytes, at);
  for (let index = 0; index < count; index++) {
    const withTag = bytes[at++]! < 2;
    if (withTag) at = skipNumber(bytes, at);
    path?.branchOnException(readNumber(bytes, at));
    at = skipNumber(bytes, at);
  }
  path?.enter();
  return at;
}

function followBranchTable(bytes: Uint8Array, at: number, path: Path | undefined, offset: number): number {
  const count = readNumber(bytes, at);
  at = skipNumber(bytes, at);
  for (let index = 0; index <= count; index++) {
    path?.branch(readNumber(bytes, at), offset);
    at = skipNumber(bytes, at);
  }
  path?.leave();
  return at;
}

/** Past immediates of the shapes that are too rare for the loop in `scanBody`. */
function followRare(
  bytes: Uint8Array,
  at: number,
  shape: number,
  path: Path | undefined,
  offset: number,
): number {
  switch (shape) {
    case BRANCH_TABLE:
      return followBranchTable(bytes, at, path, offset);
    case TYPE_LIST: {
      const count = readNumber(bytes, at);
      at = skipNumber(bytes, at);
      for (let index = 0; index < count; index++) at = skipType(bytes, at);
      return at;
    }
    case ONE_BYTE:
      return at + 1;
    case FOUR_BYTES:
      return at + 4;
    case EIGHT_BYTES:
      return at + 8;
    case SIXTEEN_BYTES:
      return at + 16;
    case TRY_TABLE:
      return followTryTable(bytes, at, path);
    case CAST_BRANCH:
      path?.branch(readNumber(bytes, at + 1), offset);
      return skipNumber(bytes, skipNumber(bytes, skipNumber(bytes, at + 1)));
    default:
      throw new Error(`shape ${shape} of immediates is not handled`);
  }
}

function refuse(prefix: number, opcode: number, offset: number): never {
  throw new ComponentError(
    'unsupported',
    `A core module uses the instruction ${nameInstruction(prefix, opcode)} (at byte ${offset} of the module), ` +
      'which cannot run under limits',
    { offset },
  );
}

/**
 * Steps through one function body of a valid module, and notes what is to be rewritten and what is called.
 *
 * The flag is looked at
 * - at the head of each loop;
 * - on entry to the function: noted as its first edit, for the caller to take back;
 * - before each instruction whose time depends on an operand;
 * - with `looks`, wherever much may have run since the last look.
 *
 * @param start of the body, behind its size
 * @param looks what calls weigh, by the index of the callee: -1 for one that is not known. Undefined: the function does
 * not look for what it weighs
 * @throws {ComponentError} `unsupported` names an instruction that is not known
 */
export function scanBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  edits: Edits,
  sites: CallSites,
  looks?: (callee: number) => number,
): void {
  let at = start;
  const groups = readNumber(bytes, at);
  at = skipNumber(bytes, at);
  for (let group = 0; group < groups; group++) at = skipType(bytes, skipNumber(bytes, at));

  edits.add(CHECK, at);
  const path = looks && new Path(at, MOST_ON_THE_WAY);

  const shapes = SINGLE_BYTE;
  let offset = at;
  while (at < end) {
    offset = at;
    // Where the function ends anyway its caller counts on.
    if (path !== undefined && path.isLong(offset) && offset < end - 1) {
      edits.add(CHECK, offset);
      path.look(offset);
    }
    const opcode = bytes[at++]!;
    let shape = shapes[opcode]!;
    let rest = 0;
    if (shape === PREFIX) {
      rest = readNumber(bytes, at);
      shape = PREFIXED[opcode - FIRST_PREFIX]![rest] ?? UNKNOWN;
      if (shape === UNKNOWN) refuse(opcode, rest, offset);
      at = skipNumber(bytes, at);
    }
    if (shape <= TWO_NUMBERS) {
      if (path !== undefined && (opcode < FIRST_LOCAL || opcode >= FIRST_REFERENCE_BRANCH)) {
        path.step(opcode, shape === NUMBER ? readNumber(bytes, at) : 0, offset);
      }
      for (; shape > 0; shape--) while (bytes[at++]! >= 0x80);
      continue;
    }
    switch (shape) {
      case MEMORY_ARGUMENT:
        if (edits.withStores) noteStore(edits, opcode, rest, offset, bytes[at]!);
        at = skipMemoryArgument(bytes, at);
        break;
      case MEMORY_ARGUMENT_AND_LANE:
        if (edits.withStores) noteStore(edits, opcode, rest, offset, bytes[at]!);
        at = skipMemoryArgument(bytes, at) + 1;
        break;
      case CALL:
      case CALL_REFERENCE:
      case CALL_INDIRECT:
        sites.add(shape === CALL ? readNumber(bytes, at) : -1);
        if (looks !== undefined) path?.call(looks(sites.callee[sites.count - 1]!));
        at = skipNumber(bytes, at);
        if (shape === CALL_INDIRECT) at = skipNumber(bytes, at);
        break;
      case BLOCK_TYPE:
        path?.step(opcode, 0, offset);
        at = skipType(bytes, at);
        break;
      case LOOP:
        at = skipType(bytes, at);
        edits.add(CHECK, at);
        path?.loop(at);
        break;
      case TAIL_CALL:
      case TAIL_CALL_REFERENCE:
      case TAIL_CALL_INDIRECT:
        path?.leave();
        sites.add(shape === TAIL_CALL ? readNumber(bytes, at) : -1);
        at = skipNumber(bytes, at);
        if (shape === TAIL_CALL_INDIRECT) at = skipNumber(bytes, at);
        break;
      case THROW:
      case THROW_REFERENCE:
        sites.add(-1);
        path?.leave();
        if (shape === THROW) at = skipNumber(bytes, at);
        break;
      case MEMORY_SIZE:
      case MEMORY_GROW: {
        const memory = readNumber(bytes, at);
        at = skipNumber(bytes, at);
        edits.add(shape === MEMORY_SIZE ? SIZE : GROW, offset, at, memory);
        if (shape === MEMORY_GROW) {
          // The host is called for it.
          sites.add(-1);
          if (looks !== undefined) path?.call(looks(-1));
        }
        break;
      }
      case LONG_NUMBER:
      case LONG_TWO_NUMBERS:
        edits.add(CHECK, offset);
        if (opcode === MISCELLANEOUS_PREFIX) {
          if (rest >= TABLE_INIT) edits.lasting = nameInstruction(opcode, rest);
          else if (edits.withStores) edits.add(STORE_MANY, offset);
        }
        at = skipNumber(bytes, at);
        if (shape === LONG_TWO_NUMBERS) at = skipNumber(bytes, at);
        break;
      case LASTING_NUMBER:
        edits.lasting = nameInstruction(
          opcode === MISCELLANEOUS_PREFIX ? opcode : 0,
          opcode === MISCELLANEOUS_PREFIX ? rest : opcode,
        );
        at = skipNumber(bytes, at);
        break;
      case UNKNOWN:
        return refuse(0, opcode, offset);
      default:
        at = followRare(bytes, at, shape, path, offset);
    }
  }
  if (at !== end || offset !== end - 1 || bytes[offset] !== 0x0b) {
    throw new ComponentError(
      'unsupported',
      `The code of a core module cannot be followed: the function at byte ${start} does not end where its last instruction ends`,
      { offset: start },
    );
  }
}
