import { ComponentError } from '../api.ts';
import { Reader } from '../binary/reader.ts';
import { listMutableGlobals } from './globals.ts';
import type { MutableGlobals } from './globals.ts';
import type { MemoryShape } from './model.ts';

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
} as const;

/** The order in which sections stand in a module: type, import, function, table, memory, tag, global, export, start, … */
export const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

export interface Section {
  readonly id: number;
  /** Of the whole section, with its header. */
  readonly start: number;
  /** Where its content begins. */
  readonly content: number;
  readonly end: number;
  /** Of a custom section. */
  readonly name?: string;
}

/** Where a vector's elements begin, and how many there are. */
export interface Vector {
  readonly count: number;
  readonly start: number;
}

/** What the rewriter has to know of a module before it looks at its code. */
export interface Outline {
  readonly sections: readonly Section[];
  /** Sizes of the index spaces, imports included. */
  readonly types: number;
  readonly functions: number;
  /** How many parameters each function has that the module defines. */
  readonly parameters: readonly number[];
  readonly tables: number;
  readonly globals: number;
  readonly importedMemories: readonly {
    readonly module: string;
    readonly name: string;
    readonly wide: boolean;
  }[];
  readonly memories: readonly MemoryShape[];
  /** Those that the module defines. */
  readonly mutableGlobals: MutableGlobals;
  /** Whether there are types of objects, which change behind references that do not. */
  readonly objects: boolean;
  readonly importModules: ReadonlySet<string>;
  readonly exports: readonly string[];
  readonly start: number | undefined;
  /** Elements of the sections to which something is appended, by section. */
  readonly vectors: ReadonlyMap<number, Vector>;
}

function unsupported(what: string, offset: number): never {
  throw new ComponentError(
    'unsupported',
    `A core module has ${what} (at byte ${offset} of the module), which cannot run under limits`,
    { offset },
  );
}

const SHARED = 2;
const WIDE = 4;

function readLimits(reader: Reader, what: 'table' | 'memory'): MemoryShape {
  const offset = reader.position;
  const flags = reader.byte();
  if (flags & SHARED) unsupported(`a shared ${what}`, offset);
  if (flags > 7) unsupported(`a ${what} with pages of its own size, or of an unknown kind`, offset);
  const initial = Number(reader.u64());
  const maximum = flags & 1 ? { maximum: Number(reader.u64()) } : {};
  return { initial, ...maximum, wide: (flags & WIDE) !== 0 };
}

/** Past a number, also a negative one. */
function skipNumber(reader: Reader): void {
  while (reader.byte() >= 0x80);
}

/** Past a value type, or a storage type of the same form. */
function skipValueType(reader: Reader): void {
  const first = reader.byte();
  if (first === 0x63 || first === 0x64) skipNumber(reader);
}

function skipFieldType(reader: Reader): void {
  skipValueType(reader);
  reader.byte(); // mutability
}

/** @returns how many they are */
function skipTypes(reader: Reader): number {
  const count = reader.u32();
  for (let index = 0; index < count; index++) skipValueType(reader);
  return count;
}

/** @returns how many parameters a function has; undefined: it is a type of objects */
function skipCompositeType(reader: Reader): number | undefined {
  const offset = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x60: {
      // func
      const parameters = skipTypes(reader);
      skipTypes(reader);
      return parameters;
    }
    case 0x5f: // struct
      for (let count = reader.u32(); count > 0; count--) skipFieldType(reader);
      return undefined;
    case 0x5e: // array
      skipFieldType(reader);
      return undefined;
    case 0x50: // sub
    case 0x4f: // sub final
      for (let count = reader.u32(); count > 0; count--) reader.u32();
      return skipCompositeType(reader);
    default:
      return unsupported(`a type of the form 0x${form.toString(16)}`, offset);
  }
}

/**
 * A group of recursive types counts as one element of its vector.
 * @returns for each type how many parameters it has, where it is one of functions
 */
function readTypes(reader: Reader): (number | undefined)[] {
  const types: (number | undefined)[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    let members = 1;
    if (reader.peek() === 0x4e) {
      reader.byte();
      members = reader.u32();
    }
    for (; members > 0; members--) types.push(skipCompositeType(reader));
  }
  return types;
}

/** The sections of a module, in their order. */
export function listSections(bytes: Uint8Array): Section[] {
  const sections: Section[] = [];
  const reader = new Reader(bytes, 8);
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const region = reader.region(reader.u32());
    const section = { id, start, content: region.position, end: region.end };
    sections.push(id === SECTION.custom ? { ...section, name: region.name() } : section);
  }
  return sections;
}

/** Reads a valid module's outline. */
export function readOutline(bytes: Uint8Array): Outline {
  const sections = listSections(bytes);
  const importedMemories: { module: string; name: string; wide: boolean }[] = [];
  const memories: MemoryShape[] = [];
  const importModules = new Set<string>();
  const exports: string[] = [];
  const vectors = new Map<number, Vector>();
  let types: (number | undefined)[] = [];
  const parameters: number[] = [];
  let functions = 0;
  let tables = 0;
  let globals = 0;
  let mutableGlobals: MutableGlobals = { numeric: [], other: false };
  let start: number | undefined;

  const readImport = (reader: Reader) => {
    const module = reader.name();
    const name = reader.name();
    importModules.add(module);
    const offset = reader.position;
    const kind = reader.byte();
    switch (kind) {
      case 0:
        reader.u32();
        functions++;
        break;
      case 1:
        skipValueType(reader);
        readLimits(reader, 'table');
        tables++;
        break;
      case 2:
        importedMemories.push({ module, name, wide: readLimits(reader, 'memory').wide });
        break;
      case 3:
        skipValueType(reader);
        reader.byte();
        globals++;
        break;
      case 4:
        reader.byte();
        reader.u32();
        break;
      default:
        unsupported(`an import of the kind 0x${kind.toString(16)}`, offset);
    }
  };

  for (const { id, start: offset, content, end } of sections) {
    if (id === SECTION.custom) continue;
    const reader = new Reader(bytes, content, end);
    if (id === SECTION.start) {
      start = reader.u32();
      continue;
    }
    const count = reader.u32();
    vectors.set(id, { count, start: reader.position });
    if (id === SECTION.type) types = readTypes(new Reader(bytes, content, end));
    else if (id === SECTION.import) for (let index = 0; index < count; index++) readImport(reader);
    else if (id === SECTION.function) {
      functions += count;
      for (let index = 0; index < count; index++) parameters.push(types[reader.u32()] ?? 0);
    } else if (id === SECTION.table) tables += count;
    else if (id === SECTION.memory) {
      for (let index = 0; index < count; index++) memories.push(readLimits(reader, 'memory'));
    } else if (id === SECTION.global) {
      mutableGlobals = listMutableGlobals(reader, count, globals);
      globals += count;
    } else if (id === SECTION.export) {
      for (let index = 0; index < count; index++) {
        exports.push(reader.name());
        reader.byte();
        reader.u32();
      }
    } else if (!SECTION_ORDER.includes(id)) unsupported(`a section of the kind ${id}`, offset);
  }
  return {
    sections,
    types: types.length,
    functions,
    parameters,
    tables,
    globals,
    importedMemories,
    memories,
    mutableGlobals,
    objects: types.includes(undefined),
    importModules,
    exports,
    start,
    vectors,
  };
}
