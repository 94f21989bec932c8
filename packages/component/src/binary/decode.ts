import { ComponentError } from '../api.ts';
import { readCanonical } from './canonical.ts';
import { readCoreType } from './core-types.ts';
import { Reader } from './reader.ts';
import { readAlias, readCoreInlineExport, readExternName, readSort, readSortIndex } from './sorts.ts';
import type { ComponentSyntax, Definition } from './syntax.ts';
import { maxNesting, readExternType, readType } from './types.ts';

const lastSection = 12;
const importSection = 10;
const exportSection = 11;

/** Most definitions in one file, nested components included. */
const maxDefinitions = 1_000_000;

interface Budget {
  definitions: number;
}

/**
 * Reads a component. Indices are not resolved and core modules not looked into; the rest of the format is checked
 * strictly.
 *
 * @throws {ComponentError} `not-wasm`, `core-module`, `malformed`, `invalid`, `unsupported`, with the byte offset
 */
export function decodeComponent(bytes: Uint8Array): ComponentSyntax {
  return readComponent(new Reader(bytes), 0, { definitions: 0 });
}

/**
 * Reads the names of what a component exports, or imports, and passes over all else, unchecked.
 *
 * @throws {ComponentError} as `decodeComponent`, where it gets as far as what is wrong
 */
export function decodeNames(bytes: Uint8Array, kind: 'import' | 'export'): string[] {
  const wanted = kind === 'import' ? importSection : exportSection;
  const reader = new Reader(bytes);
  readPreamble(reader);
  const found: Definition[] = [];
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const section = reader.region(reader.u32());
    if (id === wanted) readSection(section, id, start, 0, { definitions: 0 }, found);
  }
  return found.flatMap((each) => (each.kind === kind ? [each.name] : []));
}

function readComponent(reader: Reader, depth: number, budget: Budget): ComponentSyntax {
  if (depth > maxNesting)
    reader.fail(`Components nest deeper than ${maxNesting}`, reader.position, 'unsupported');
  readPreamble(reader);
  const definitions: Definition[] = [];
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    if (id > lastSection) reader.fail(`malformed section id ${id}`, start);
    const size = reader.u32();
    const section = reader.region(size);
    readSection(section, id, start, depth, budget, definitions);
    if (!section.done) section.fail(`Section ${id} is longer than what it holds`);
    if ((budget.definitions += 1) > maxDefinitions || definitions.length > maxDefinitions) {
      reader.fail(`More than ${maxDefinitions} definitions`, start, 'unsupported');
    }
  }
  budget.definitions += definitions.length;
  return { definitions };
}

function readPreamble(reader: Reader): void {
  const start = reader.position;
  const bytes = reader.bytes.subarray(start, Math.min(start + 8, reader.end));
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (bytes.length < 4 || magic.some((byte, index) => bytes[index] !== byte)) {
    const message =
      bytes.length === 0
        ? 'The file is empty'
        : 'These bytes are not WebAssembly: they do not start with "\\0asm"';
    throw new ComponentError('not-wasm', `${message}. Give a component, as \`slight build\` makes it.`, {
      offset: start,
    });
  }
  if (bytes.length < 8) reader.fail('The component ends within its first eight bytes');
  const [version, , layer] = bytes.subarray(4);
  if (layer === 0x00 && bytes[5] === 0x00 && bytes[7] === 0x00) {
    throw new ComponentError(
      'core-module',
      'expected a version header for a component: this is a core WebAssembly module. Turn it into a component (`wasm-tools component new`) first.',
      { offset: start },
    );
  }
  if (version !== 0x0d || bytes[5] !== 0x00 || layer !== 0x01 || bytes[7] !== 0x00) {
    const found = [...bytes.subarray(4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    reader.fail(
      `unknown binary version ${found} of the component format; 0d 00 01 00 is known`,
      start + 4,
      'unsupported',
    );
  }
  reader.position += 8;
}

function readSection(
  section: Reader,
  id: number,
  start: number,
  depth: number,
  budget: Budget,
  definitions: Definition[],
): void {
  const each = (what: string, read: (offset: number) => Definition): void => {
    const count = section.count(what);
    for (let index = 0; index < count; index++) definitions.push(read(section.position));
  };
  switch (id) {
    case 0:
      section.name();
      section.position = section.end;
      return;
    case 1:
      definitions.push({ kind: 'core-module', offset: start, start: section.position, end: section.end });
      section.position = section.end;
      return;
    case 2:
      return each('core instances', (offset) => readCoreInstance(section, offset));
    case 3:
      return each('core types', (offset) => ({ kind: 'core-type', offset, type: readCoreType(section) }));
    case 4:
      definitions.push({
        kind: 'component',
        offset: start,
        component: readComponent(section, depth + 1, budget),
      });
      return;
    case 5:
      return each('instances', (offset) => readInstance(section, offset));
    case 6:
      return each('aliases', (offset) => ({ kind: 'alias', offset, alias: readAlias(section) }));
    case 7:
      return each('types', (offset) => ({ kind: 'type', offset, type: readType(section, depth) }));
    case 8:
      return each('canonical functions', (offset) => ({
        kind: 'canonical',
        offset,
        canonical: readCanonical(section),
      }));
    case 9:
      definitions.push({
        kind: 'start',
        offset: section.position,
        func: section.u32(),
        args: section.vector('arguments', () => section.u32()),
        results: section.u32(),
      });
      return;
    case importSection:
      return each('imports', (offset) => ({
        kind: 'import',
        offset,
        name: readExternName(section),
        type: readExternType(section),
      }));
    case exportSection:
      return each('exports', (offset) => ({
        kind: 'export',
        offset,
        name: readExternName(section),
        item: readSortIndex(section),
        type: section.optional('optional component export type', () => readExternType(section)),
      }));
    case 12:
      return section.fail('Value definitions are not supported', start, 'unsupported');
    default:
      return section.fail(`malformed section id ${id}`, start);
  }
}

function readCoreInstance(reader: Reader, offset: number): Definition {
  const form = reader.byte();
  if (form === 0x00) {
    const module = reader.u32();
    const args = reader.vector('arguments', () => {
      const name = reader.name();
      reader.expect(0x12, 'instantiation arg kind');
      return { name, instance: reader.u32() };
    });
    return { kind: 'core-instance', offset, module, args };
  }
  if (form !== 0x01) reader.failByte(form, 'core instance');
  return {
    kind: 'core-instance-inline',
    offset,
    exports: reader.vector('exports', () => readCoreInlineExport(reader)),
  };
}

function readInstance(reader: Reader, offset: number): Definition {
  const form = reader.byte();
  if (form === 0x00) {
    const component = reader.u32();
    const args = reader.vector('arguments', () => ({ name: reader.name(), ...readSortIndex(reader) }));
    return { kind: 'instance', offset, component, args };
  }
  if (form !== 0x01) reader.failByte(form, 'instance');
  const exports = reader.vector('exports', () => ({
    name: readExternName(reader),
    sort: readSort(reader),
    index: reader.u32(),
  }));
  return { kind: 'instance-inline', offset, exports };
}
