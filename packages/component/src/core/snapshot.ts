import { BLOCK, writeBlocks } from './blocks.ts';
import type { BlockWriter } from './blocks.ts';
import type { GuestLimits } from './limits.ts';
import { BLOCK_BITS } from './marks.ts';
import { PAGE } from './memory.ts';
import { MarkedWriter } from './marked-writer.ts';
import type { MemoryKeeper } from './memory.ts';

/**
 * The memories and mutable globals of an instance at one moment. One snapshot serves all instances that were in the same
 * state then: those of one component with the same memory limit, made without any help of the host's.
 */
export interface Snapshot {
  readonly memories: readonly SavedMemory[];
  readonly globals: readonly (number | bigint)[];
}

interface SavedMemory {
  readonly pages: number;
  /** To compare with. Blocks of zeros were never written to, so they take no room. */
  readonly memory: WebAssembly.Memory;
  /** What lies in it, from the first block to the last; found out where it is asked for. */
  runs?: readonly Run[];
}

/** Blocks in a row that are all zeros, or all something else. In bytes. */
interface Run {
  readonly from: number;
  to: number;
  readonly zero: boolean;
}

/** Most bytes that all memories of a snapshot have. */
const MOST_SAVED = 64 * 1024 * 1024;

/**
 * Most bytes by which memories may have grown for their instance to be put back. V8 gives nothing of a memory back while
 * it lives: so this bounds what an instance keeps, and the time that it takes to clear it.
 */
const MOST_GROWN = 4 * 1024 * 1024;

/** @returns undefined where the memories are too large */
export function takeSnapshot(limits: GuestLimits): Snapshot | undefined {
  if (limits.memoryBytes > MOST_SAVED) return undefined;
  return {
    memories: limits.keepers.map(saveMemory),
    globals: limits.globals.map((global) => global.value),
  };
}

function saveMemory({ memory, pages }: MemoryKeeper): SavedMemory {
  const saved = new WebAssembly.Memory({ initial: pages, maximum: pages });
  writeBlocks(saved, memory).restore(0, pages * PAGE);
  return { pages, memory: saved };
}

function listRuns({ buffer }: WebAssembly.Memory): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < buffer.byteLength; from += BLOCK) {
    const zero = new Int32Array(buffer, from, BLOCK / 4).every((word) => word === 0);
    const last = runs.at(-1);
    if (last?.zero === zero) last.to += BLOCK;
    else runs.push({ from, to: from + BLOCK, zero });
  }
  return runs;
}

/** Whether the instance is as large as the one whose snapshot this is. */
export function fitsSnapshot({ memories, globals }: Snapshot, limits: GuestLimits): boolean {
  const { keepers } = limits;
  return (
    globals.length === limits.globals.length &&
    memories.length === keepers.length &&
    memories.every(({ pages }, index) => pages === keepers[index]!.pages)
  );
}

/** Puts the memories and globals of one instance back. */
export class Restorer {
  readonly #snapshot: Snapshot;
  readonly #limits: GuestLimits;
  /** Whether marks, where a memory has some, tell of all writes to it. */
  readonly #noted: boolean;
  /** By memory, from the first time on. */
  #writers: readonly (MarkedWriter | BlockWriter)[] | undefined;

  constructor(snapshot: Snapshot, limits: GuestLimits, noted = false) {
    this.#snapshot = snapshot;
    this.#limits = limits;
    this.#noted = noted;
    // What instantiation wrote is in the snapshot. Beyond the memory's end there is nothing to mark, and what is never
    // touched takes no room.
    if (noted)
      for (const { marks, memory } of limits.keepers)
        marks?.bytes.fill(0, 0, memory.buffer.byteLength >>> BLOCK_BITS);
  }

  /** @returns false where the memories have grown too far: then nothing has changed */
  restore(): boolean {
    const { memories, globals } = this.#snapshot;
    const { keepers } = this.#limits;
    let grown = 0;
    for (const [index, { pages }] of memories.entries()) {
      grown += keepers[index]!.memory.buffer.byteLength - pages * PAGE;
    }
    if (grown > MOST_GROWN) return false;
    this.#writers ??= keepers.map((keeper, index) => this.#writerOf(keeper, memories[index]!));
    for (const [index, saved] of memories.entries()) {
      const writer = this.#writers[index]!;
      if (writer instanceof MarkedWriter) writer.restore();
      else restoreAll(writer, saved, keepers[index]!);
      keepers[index]!.pages = saved.pages;
      keepers[index]!.refused = 0;
    }
    for (const [index, value] of globals.entries()) this.#limits.globals[index]!.value = value;
    return true;
  }

  #writerOf({ memory, marks }: MemoryKeeper, saved: SavedMemory): MarkedWriter | BlockWriter {
    return this.#noted && marks !== undefined
      ? new MarkedWriter(memory, marks, saved.memory)
      : writeBlocks(memory, saved.memory);
  }
}

function restoreAll(writer: BlockWriter, saved: SavedMemory, { memory }: MemoryKeeper): void {
  const { pages } = saved;
  for (const { from, to, zero } of (saved.runs ??= listRuns(saved.memory))) {
    if (zero) writer.clear(from, to);
    else writer.restore(from, to);
  }
  // To its real end: stores between virtual and real size do not trap.
  const { byteLength } = memory.buffer;
  if (byteLength > pages * PAGE) writer.clear(pages * PAGE, byteLength);
}
