import { BLOCK_BITS, SLACK } from './marks.ts';
import { Writer } from './writer.ts';

/** Makes blocks with a mark those of the saved memory, and takes the marks away. */
export interface MarkedCopier {
  /** @param end of the marks to look at: a multiple of 8. What lies a slack behind their blocks is in both memories */
  restore(end: number): void;
}

const I32 = 0x7f;
const I64 = 0x7e;
/** Flag of a memory argument: the index of a memory follows. */
const WITH_INDEX = 0x40;
const LIVE = 0;
const SAVED = 1;
const MARKS = 2;

// Locals: the end of the marks, where we are in them, the block's address, and the marks of eight blocks.
const END = 0;
const AT = 1;
const BLOCK = 2;
const BITS = 3;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

/** `i32.const` with a number from 64 to 8191. */
const size = (value: number): number[] => [0x41, (value & 0x7f) | 0x80, value >> 7];

function copyVectors(): number[] {
  const code: number[] = [];
  for (let offset = 0; offset < (1 << BLOCK_BITS) + SLACK; offset += 16) {
    code.push(...get(BLOCK), ...get(BLOCK));
    code.push(0xfd, 0x00, WITH_INDEX | 4, SAVED, ...unsigned(offset)); // v128.load
    code.push(0xfd, 0x0b, WITH_INDEX | 4, LIVE, ...unsigned(offset)); // v128.store
  }
  return code;
}

/**
 * ```wat
 * (loop $groups
 *   (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
 *   (if (i64.ne (local.tee $bits (i64.load $marks (local.get $at))) (i64.const 0)) (then
 *     (i64.store $marks (local.get $at) (i64.const 0))
 *     (local.set $block (i32.shl (local.get $at) (i32.const BLOCK_BITS)))
 *     (loop $blocks
 *       (if (i32.and (i32.wrap_i64 (local.get $bits)) (i32.const 1)) (then … copy the block))
 *       (local.set $block (i32.add (local.get $block) (i32.const 1 << BLOCK_BITS)))
 *       (br_if $blocks (i64.ne (local.tee $bits (i64.shr_u (local.get $bits) (i64.const 8))) (i64.const 0))))))
 *   (local.set $at (i32.add (local.get $at) (i32.const 8)))
 *   (br $groups))
 * ```
 */
function encodeBody(): number[] {
  const notZero = [0x42, 0, 0x52];
  return [
    [2, 2, I32, 1, I64],
    [0x03, 0x40],
    [...get(AT), ...get(END), 0x4f, 0x04, 0x40, 0x0f, 0x0b],
    [...get(AT), 0x29, WITH_INDEX | 3, MARKS, 0, ...tee(BITS), ...notZero, 0x04, 0x40],
    [...get(AT), 0x42, 0, 0x37, WITH_INDEX | 3, MARKS, 0],
    [...get(AT), 0x41, BLOCK_BITS, 0x74, ...set(BLOCK)],
    [0x03, 0x40],
    [...get(BITS), 0xa7, 0x41, 1, 0x71, 0x04, 0x40, ...copyVectors(), 0x0b],
    [...get(BLOCK), ...size(1 << BLOCK_BITS), 0x6a, ...set(BLOCK)],
    [...get(BITS), 0x42, 8, 0x88, ...tee(BITS), ...notZero, 0x0d, 0, 0x0b],
    [0x0b],
    [...get(AT), 0x41, 8, 0x6a, ...set(AT), 0x0c, 0, 0x0b],
    [0x0b],
  ].flat();
}

function encodeModule(): Uint8Array<ArrayBuffer> {
  const body = encodeBody();
  const writer = new Writer(1024);
  writer.copy([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  writer.section(1, () => writer.copy([1, 0x60, 1, I32, 0]));
  writer.section(2, () => {
    writer.unsigned(3);
    for (const name of ['live', 'saved', 'marks']) {
      writer.name('memory');
      writer.name(name);
      writer.copy([2, 0, 0]);
    }
  });
  writer.section(3, () => writer.copy([1, 0]));
  writer.section(7, () => {
    writer.unsigned(1);
    writer.name('restore');
    writer.copy([0, 0]);
  });
  writer.section(10, () => {
    writer.unsigned(1);
    writer.unsigned(body.length);
    writer.copy(body);
  });
  return writer.finish();
}

let compiled: WebAssembly.Module | undefined;

/** For memories that are addressed by i32. */
export function copyMarked(
  live: WebAssembly.Memory,
  saved: WebAssembly.Memory,
  marks: WebAssembly.Memory,
): MarkedCopier {
  compiled ??= new WebAssembly.Module(encodeModule());
  const { exports } = new WebAssembly.Instance(compiled, { memory: { live, saved, marks } });
  return exports as unknown as MarkedCopier;
}
