import { BLOCK_BITS, MOST_MARK_PAGES } from './marks.ts';
import type { MemoryShape, ModuleShape } from './model.ts';
import { SECTION } from './outline.ts';
import type { Outline } from './outline.ts';
import type { StoreTargets } from './stores.ts';
import { Writer } from './writer.ts';

/** Slots of the added table of functions. */
export const TICK = 0;
export const GROW_BY = 1;

const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;
const EXTERNREF = 0x6f;
const FUNCREF = 0x70;

/** Types that are added, in this order. Pages travel as f64 between Wasm and JavaScript: exact, and no BigInt. */
const TYPES: readonly (readonly [params: readonly number[], results: readonly number[]])[] = [
  [[], []],
  [[EXTERNREF, F64], [F64]],
  [[I32], [I32]],
  [[I64], [I64]],
  [[I32, I32], []],
];
const TICK_TYPE = 0;
const GROW_BY_TYPE = 1;
const GROW_TYPE = { narrow: 2, wide: 3 };
const NOTE_MANY_TYPE = 4;

/** Elements to append to a section. */
export interface Addition {
  readonly count: number;
  write(writer: Writer): void;
}

export interface Additions {
  readonly sections: ReadonlyMap<number, Addition>;
  /** What stands wherever the flag is looked at. */
  readonly check: Uint8Array;
  /** Offset of the `if` in it. */
  readonly branchInCheck: number;
  /** By memory: the index of the global that stands for `memory.size`, and of the function that stands for `memory.grow`. */
  readonly sizeGlobal: ReadonlyMap<number, number>;
  readonly growFunction: ReadonlyMap<number, number>;
  /** For stores that set marks. */
  readonly stores: StoreTargets | undefined;
}

interface AddedFunction {
  readonly type: number;
  readonly body: readonly number[];
}

function leb(value: number): number[] {
  const writer = new Writer(5);
  writer.unsigned(value);
  return [...writer.finish()];
}

/** `i32.const` with a small number that is not negative. */
function constant(value: number): number[] {
  // Signed: bit 6 would make it negative, so a number takes a byte more from 64 on.
  const bytes = leb(value);
  if ((bytes.at(-1)! & 0x40) === 0) return [0x41, ...bytes];
  bytes[bytes.length - 1]! |= 0x80;
  return [0x41, ...bytes, 0];
}

/** Sets the marks of all blocks from an address on, for a number of bytes. */
function noteMany(marks: number): number[] {
  const block = [...constant(BLOCK_BITS), 0x76];
  const first = [0x20, 0, ...block];
  const last = [0x20, 0, 0x20, 1, 0x6a, ...constant(1), 0x6b, ...block];
  const none = [0x20, 1, 0x45, 0x04, 0x40, 0x0f, 0x0b];
  return [
    ...none,
    ...first,
    ...constant(1),
    ...last,
    ...first,
    0x6b,
    ...constant(1),
    0x6a,
    0xfc,
    0x0b,
    ...leb(marks),
  ];
}

function writeMemoryType(writer: Writer, memory: MemoryShape): void {
  writer.byte((memory.maximum === undefined ? 0 : 1) | (memory.wide ? 4 : 0));
  writer.unsigned(memory.initial);
  if (memory.maximum !== undefined) writer.unsigned(memory.maximum);
}

/**
 * What a rewritten module has beyond the guest's own: the stand-ins for `memory.size` (a global that the host sets) and
 * `memory.grow`, the way to the host (two tables that the host fills), and the memory with the flag.
 */
export function planAdditions(outline: Outline, shape: ModuleShape): Additions {
  const { prefix } = shape;
  const type = (index: number) => leb(outline.types + index);
  const memories = [...outline.importedMemories, ...outline.memories];
  const functions: AddedFunction[] = [];
  const add = (added: AddedFunction) => outline.functions + functions.push(added) - 1;
  const functionTable = outline.tables;
  const keeperTable = outline.tables + 1;
  const callHost = (slot: number, signature: number) => [
    ...constant(slot),
    0x11, // call_indirect
    ...type(signature),
    ...leb(functionTable),
  ];

  const sizeGlobal = new Map<number, number>();
  const growFunction = new Map<number, number>();
  shape.sized.forEach((memory, slot) => {
    const width = memories[memory]!.wide ? 'wide' : 'narrow';
    const keeper = [...constant(slot), 0x25, ...leb(keeperTable)]; // table.get
    const toInteger = width === 'wide' ? 0xb0 : 0xaa; // i64.trunc_f64_s, i32.trunc_f64_s
    const toFloat = width === 'wide' ? 0xba : 0xb8; // f64.convert_i64_u, f64.convert_i32_u
    sizeGlobal.set(memory, outline.globals + slot);
    growFunction.set(
      memory,
      add({
        type: GROW_TYPE[width],
        body: [...keeper, 0x20, 0, toFloat, ...callHost(GROW_BY, GROW_BY_TYPE), toInteger],
      }),
    );
  });

  const memoryCount = shape.imported.length + shape.defined.length;
  let check = new Uint8Array();
  let branchInCheck = 0;
  if (shape.interruptible) {
    const tick = add({ type: TICK_TYPE, body: callHost(TICK, TICK_TYPE) });
    const argument = memoryCount === 0 ? [2, 0] : [0x42, ...leb(memoryCount), 0];
    // i32.const 0, i32.load, if, call, end. An atomic load takes half as long again in small loops; a plain one is not
    // moved out of a loop either, because the call may change what it reads.
    const load = [0x41, 0, 0x28, ...argument];
    branchInCheck = load.length;
    check = new Uint8Array([...load, 0x04, 0x40, 0x10, ...leb(tick), 0x0b]);
  }

  const marks = memoryCount + (shape.interruptible ? 1 : 0);
  const stores = shape.marks
    ? { marks, noteMany: add({ type: NOTE_MANY_TYPE, body: noteMany(marks) }) }
    : undefined;

  const sections = new Map<number, Addition>();
  sections.set(SECTION.type, {
    count: TYPES.length,
    write(writer) {
      for (const [params, results] of TYPES) {
        writer.copy([0x60, params.length, ...params, results.length, ...results]);
      }
    },
  });
  sections.set(SECTION.import, {
    count: shape.defined.length + (shape.interruptible ? 1 : 0) + (shape.marks ? 1 : 0),
    write(writer) {
      shape.defined.forEach((memory, index) => {
        writer.name(prefix);
        writer.name(`memory${index}`);
        writer.byte(2);
        writeMemoryType(writer, memory);
      });
      if (shape.interruptible) {
        writer.name(prefix);
        writer.name('flag');
        writer.copy([2, 3, 1, 1]); // a memory, shared, of exactly one page
      }
      if (shape.marks) {
        writer.name(prefix);
        writer.name('marks');
        writer.copy([2, 1, 1, ...leb(MOST_MARK_PAGES)]); // a memory, of one page to so many
      }
    },
  });
  sections.set(SECTION.function, {
    count: functions.length,
    write(writer) {
      for (const added of functions) writer.copy(type(added.type));
    },
  });
  const keepers = shape.sized.length;
  sections.set(SECTION.table, {
    count: functions.length === 0 ? 0 : keepers === 0 ? 1 : 2,
    write(writer) {
      if (functions.length === 0) return;
      writer.copy([FUNCREF, 1, 3, 3]);
      if (keepers > 0) writer.copy([EXTERNREF, 1, ...leb(keepers), ...leb(keepers)]);
    },
  });
  sections.set(SECTION.global, {
    count: keepers,
    write(writer) {
      for (const memory of shape.sized) {
        // Mutable, and zero until the host sets it.
        writer.copy(memories[memory]!.wide ? [I64, 1, 0x42, 0, 0x0b] : [I32, 1, 0x41, 0, 0x0b]);
      }
    },
  });
  const exported: readonly (readonly [name: string, kind: number, index: number])[] = [
    ...(functions.length > 0 ? [['functions', 1, functionTable] as const] : []),
    ...(keepers > 0 ? [['memories', 1, keeperTable] as const] : []),
    ...(outline.start === undefined ? [] : [['start', 0, outline.start] as const]),
    ...shape.sized.map((_, slot) => [`size${slot}`, 3, outline.globals + slot] as const),
    ...outline.mutableGlobals.numeric.map((index, number) => [`global${number}`, 3, index] as const),
  ];
  sections.set(SECTION.export, {
    count: exported.length,
    write(writer) {
      for (const [name, kind, index] of exported) {
        writer.name(`${prefix}/${name}`);
        writer.byte(kind);
        writer.unsigned(index);
      }
    },
  });
  sections.set(SECTION.code, {
    count: functions.length,
    write(writer) {
      for (const { body } of functions) {
        writer.unsigned(body.length + 2);
        writer.copy([0, ...body, 0x0b]);
      }
    },
  });
  return { sections, check, branchInCheck, sizeGlobal, growFunction, stores };
}
