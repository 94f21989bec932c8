import { ComponentError } from '../api.ts';
import { createMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import type { MemoryShape } from './model.ts';

export const PAGE = 0x1_0000;

/** Most pages that a 32-bit memory may have. */
const ALL_PAGES = 0x1_0000;

/**
 * Keeps the virtual size of one linear memory: what `memory.size` says (a global in each core module that uses the
 * memory) and `memory.grow` starts from.
 *
 * The memory itself is at least that large. It becomes larger only when the virtual size is taken back (a restored
 * instance is as large as its snapshot, while V8 cannot make a memory smaller); `snapshot.ts`, which does that, fills
 * what lies beyond with zeros. Loads and stores beyond the virtual size then do not trap, but find zeros: a guest that
 * behaves asks for memory before it uses it.
 */
export class MemoryKeeper {
  #pages: number;
  /** What stands for `memory.size` in the modules that use the memory. */
  readonly #sizes: WebAssembly.Global<number | bigint>[] = [];
  readonly memory: WebAssembly.Memory;
  readonly #most: number;
  readonly #wide: boolean;
  #marks: Marks | undefined;
  /** Most bytes that the memory was to have and may not. */
  refused = 0;

  constructor(memory: WebAssembly.Memory, most: number, wide: boolean) {
    this.memory = memory;
    this.#most = most;
    this.#wide = wide;
    this.#pages = memory.buffer.byteLength / PAGE;
  }

  /** Virtual size. */
  get pages(): number {
    return this.#pages;
  }

  set pages(pages: number) {
    this.#pages = pages;
    for (const size of this.#sizes) size.value = this.#wide ? BigInt(pages) : pages;
  }

  /** Keeps a global equal to the virtual size from now on. */
  tell(size: WebAssembly.Global<number | bigint>): void {
    this.#sizes.push(size);
    this.pages = this.#pages;
  }

  /** Which blocks were written to; undefined: nobody has asked for marks. */
  get marks(): Marks | undefined {
    return this.#marks;
  }

  /** Has marks from now on. */
  mark(): Marks {
    return (this.#marks ??= createMarks(this.memory, this.#most));
  }

  /** @returns the virtual size before, or -1 where the memory may not become so large */
  grow(pages: number): number {
    const before = this.pages;
    const after = before + pages;
    if (after > this.#most) {
      this.refused = Math.max(this.refused, after * PAGE);
      return -1;
    }
    const missing = after - this.memory.buffer.byteLength / PAGE;
    if (missing > 0) {
      try {
        this.memory.grow((this.#wide ? BigInt(missing) : missing) as number);
      } catch {
        return -1; // the machine has no more
      }
    }
    this.pages = after;
    return before;
  }
}

/**
 * Makes a memory that a module defined. Its own maximum is the limit too, so that nothing can make it larger.
 *
 * @param limit in bytes
 * @throws {ComponentError} `link` where it begins above the limit
 */
export function createMemory(
  shape: MemoryShape,
  limit: number,
): { memory: WebAssembly.Memory; keeper: MemoryKeeper } {
  const most = Math.min(
    shape.maximum ?? Infinity,
    shape.wide ? Infinity : ALL_PAGES,
    Math.floor(limit / PAGE),
  );
  if (shape.initial > most) {
    throw new ComponentError(
      'link',
      `A core module begins with a memory of ${shape.initial * PAGE} bytes, and the limit is ${limit}: raise the memory limit to at least ${shape.initial * PAGE} bytes`,
    );
  }
  const size = (pages: number) => (shape.wide ? BigInt(pages) : pages);
  const descriptor = {
    initial: size(shape.initial),
    maximum: size(most),
    ...(shape.wide ? { address: 'i64' } : {}),
  };
  const memory = allocate(descriptor as unknown as WebAssembly.MemoryDescriptor);
  return { memory, keeper: new MemoryKeeper(memory, most, shape.wide) };
}

function allocate(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (cause) {
    throw new ComponentError(
      'link',
      'There is no room for another linear memory in this process: lower the number of instances that live at the same time',
      { cause },
    );
  }
}
