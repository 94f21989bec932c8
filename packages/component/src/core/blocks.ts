import { Writer } from './writer.ts';

/**
 * Bytes that are compared, and then written or left alone, together. It is the size of the system's pages, so that those
 * of zeros which are left alone take no room.
 */
export const BLOCK = 4096;

/**
 * Puts blocks of one memory right, from the offset `from` up to `to`, both multiples of `BLOCK`. Each says how many it
 * had to write.
 */
export interface BlockWriter {
  /** Makes them those of the other memory. */
  restore(from: number, to: number): number;
  /** Makes them zeros: half as much to look at. */
  clear(from: number, to: number): number;
}

const I32 = 0x7f;
const V128 = 0x7b;
const VECTORS_AT_ONCE = 8;
/** Flag of a memory argument: the index of a memory follows. */
const WITH_INDEX = 0x40;

// Locals of both functions: the place, its end, the end of the block, blocks written, and what differs.
const AT = 0;
const END = 1;
const STOP = 2;
const WRITTEN = 3;
const DIFFERENCE = 4;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const add = (count: number[]) => [0x41, ...count, 0x6a];
const SUBTRACT = 0x6b;
const OR = [0xfd, 0x50];
const XOR = [0xfd, 0x51];
const ZERO = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];
/** `BLOCK` as a signed number. */
const BLOCK_SIZE = [0x80, 0x20];

function load(memory: number, vector: number): number[] {
  return [...get(AT), 0xfd, 0x00, WITH_INDEX | 4, memory, ...offset(vector * 16)];
}

function offset(bytes: number): number[] {
  return bytes < 0x80 ? [bytes] : [(bytes & 0x7f) | 0x80, bytes >> 7];
}

/**
 * ```wat
 * (loop $block
 *   (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $written))))
 *   (local.set $stop (i32.add (local.get $at) (i32.const 4096)))
 *   (local.set $difference (v128.const i32x4 0 0 0 0))
 *   (loop $vectors … (br_if $vectors (i32.lt_u (local.tee $at …) (local.get $stop))))
 *   (if (v128.any_true (local.get $difference)) (then … write the block, count it))
 *   (br $block))
 * (unreachable)
 * ```
 */
function encodeWalk(differs: (vector: number) => number[], write: number[]): number[] {
  const vectors: number[] = [];
  for (let vector = 0; vector < VECTORS_AT_ONCE; vector++) {
    vectors.push(...differs(vector), ...(vector === 0 ? [] : OR));
  }
  return [
    [2, 2, I32, 1, V128], // locals
    [0x03, 0x40], // loop $block
    [...get(AT), ...get(END), 0x4f, 0x04, 0x40, ...get(WRITTEN), 0x0f, 0x0b], // if at >= end: return
    [...get(AT), ...add(BLOCK_SIZE), ...set(STOP)],
    [...ZERO, ...set(DIFFERENCE)],
    [0x03, 0x40], // loop $vectors
    [...vectors, ...get(DIFFERENCE), ...OR, ...set(DIFFERENCE)],
    [...get(AT), ...add([0x80, 0x01]), ...tee(AT), ...get(STOP), 0x49, 0x0d, 0, 0x0b], // at += 128, br_if
    [...get(DIFFERENCE), 0xfd, 0x53, 0x04, 0x40], // if any_true
    write,
    [...get(WRITTEN), ...add([1]), ...set(WRITTEN), 0x0b],
    [0x0c, 0, 0x0b], // br $block
    [0x00, 0x0b], // unreachable
  ].flat();
}

const blockStart = [...get(AT), 0x41, ...BLOCK_SIZE, SUBTRACT];

function encodeModule(): Uint8Array<ArrayBuffer> {
  const copy = [...blockStart, ...blockStart, 0x41, ...BLOCK_SIZE, 0xfc, 0x0a, 0, 1];
  const fill = [...blockStart, 0x41, 0, 0x41, ...BLOCK_SIZE, 0xfc, 0x0b, 0];
  const bodies = [
    encodeWalk((vector) => [...load(0, vector), ...load(1, vector), ...XOR], copy),
    encodeWalk((vector) => load(0, vector), fill),
  ];
  const writer = new Writer();
  writer.copy([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  writer.section(1, () => writer.copy([1, 0x60, 2, I32, I32, 1, I32]));
  writer.section(2, () => {
    writer.unsigned(2);
    for (const name of ['live', 'saved']) {
      writer.name('memory');
      writer.name(name);
      writer.copy([2, 0, 0]);
    }
  });
  writer.section(3, () => writer.copy([2, 0, 0]));
  writer.section(7, () => {
    writer.unsigned(2);
    for (const [index, name] of ['restore', 'clear'].entries()) {
      writer.name(name);
      writer.copy([0, index]);
    }
  });
  writer.section(10, () => {
    writer.unsigned(bodies.length);
    for (const body of bodies) {
      writer.unsigned(body.length);
      writer.copy(body);
    }
  });
  return writer.finish();
}

let compiled: WebAssembly.Module | undefined;

/** For memories that are addressed by i32. `saved` is at least as large as what is restored. */
export function writeBlocks(live: WebAssembly.Memory, saved: WebAssembly.Memory): BlockWriter {
  compiled ??= new WebAssembly.Module(encodeModule());
  const { exports } = new WebAssembly.Instance(compiled, { memory: { live, saved } });
  return exports as unknown as BlockWriter;
}
