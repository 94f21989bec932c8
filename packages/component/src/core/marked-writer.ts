import { copyMarked } from './marked-blocks.ts';
import type { MarkedCopier } from './marked-blocks.ts';
import { BLOCK_BITS, SLACK } from './marks.ts';
import type { Marks } from './marks.ts';

/** Marks that the copier looks at together. */
const GROUP = 8;

/** Makes the blocks with a mark those of another memory, or zeros beyond its end, and takes the marks away. */
export class MarkedWriter {
  readonly #memory: WebAssembly.Memory;
  readonly #marks: Marks;
  readonly #saved: Uint8Array;
  #live = new Uint8Array(0);
  readonly #copier: MarkedCopier;
  /** Marks of the blocks whose slack is in the saved memory, too. */
  readonly #inside: number;

  constructor(memory: WebAssembly.Memory, marks: Marks, saved: WebAssembly.Memory) {
    this.#memory = memory;
    this.#marks = marks;
    this.#saved = new Uint8Array(saved.buffer);
    this.#copier = copyMarked(memory, saved, marks.memory);
    this.#inside = Math.max(0, (this.#saved.length >>> BLOCK_BITS) - GROUP);
  }

  restore(): void {
    this.#copier.restore(this.#inside);
    const { bytes } = this.#marks;
    // Growth detaches the view.
    if (this.#live.length === 0) this.#live = new Uint8Array(this.#memory.buffer);
    const end = this.#live.length >>> BLOCK_BITS;
    for (let block = this.#inside; block < end; block++) {
      if (bytes[block] === 0) continue;
      bytes[block] = 0;
      this.#restoreOne(block << BLOCK_BITS);
    }
  }

  /** One at the end of the saved memory, or beyond. */
  #restoreOne(from: number): void {
    const live = this.#live;
    const saved = this.#saved;
    const to = Math.min(from + (1 << BLOCK_BITS) + SLACK, live.length);
    if (from < saved.length) live.set(saved.subarray(from, Math.min(to, saved.length)), from);
    if (to > saved.length) live.fill(0, Math.max(from, saved.length), to);
  }
}
