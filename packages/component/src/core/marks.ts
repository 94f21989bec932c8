/** Of a memory. */
const PAGE = 0x1_0000;

/**
 * Marks say which blocks of a memory were written to: a byte for each. Rewritten stores set them, and whoever writes
 * from outside calls `markBlocks`. They lie in a memory of their own, which the guest cannot name.
 */
export interface Marks {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
}

/** Bits of an address inside a block. */
export const BLOCK_BITS = 8;

/**
 * Bytes beyond its block that a mark stands for, too. The code before a store leaves a small offset out of the address,
 * and a value may begin in one block and end in the next.
 */
export const SLACK = 64;

/** Most pages that marks can have: those of a memory of 4 GiB. */
export const MOST_MARK_PAGES = 1 << (16 - BLOCK_BITS);

const marksOf = new WeakMap<WebAssembly.Memory, Marks>();

/** Makes the marks of a memory. @param pages most that the memory can have */
export function createMarks(memory: WebAssembly.Memory, pages: number): Marks {
  const size = Math.max(1, Math.ceil((pages * PAGE) / (1 << BLOCK_BITS) / PAGE));
  const own = new WebAssembly.Memory({ initial: size, maximum: size });
  const marks = { memory: own, bytes: new Uint8Array(own.buffer) };
  marksOf.set(memory, marks);
  return marks;
}

/** The marks of a memory, where it has some. */
export function findMarks(memory: WebAssembly.Memory): Marks | undefined {
  return marksOf.get(memory);
}

/** Notes that `size` bytes from `pointer` on are written to. */
export function markBlocks({ bytes }: Marks, pointer: number, size: number): void {
  if (size === 0) return;
  const last = (pointer + size - 1) >>> BLOCK_BITS;
  for (let block = pointer >>> BLOCK_BITS; block <= last; block++) bytes[block] = 1;
}
