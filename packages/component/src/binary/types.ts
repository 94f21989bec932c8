import { checkLabel, checkUniqueLabels } from './labels.ts';
import type { Labelled } from './labels.ts';
import { readCoreType } from './core-types.ts';
import type { Reader } from './reader.ts';
import { readAlias, readExternName } from './sorts.ts';
import type {
  Declaration,
  ExternType,
  FuncTypeSyntax,
  InterfaceTypeSyntax,
  LabelledCase,
  LabelledType,
  PrimitiveName,
  TypeSyntax,
  ValueTypeRef,
} from './syntax.ts';

/** How deep components and interface types may nest in one another. */
export const maxNesting = 100;

const primitives = new Map<number, PrimitiveName>([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
  [0x64, 'error-context'],
]);

/** A type index (a non-negative signed LEB128 of 33 bits) or a primitive type (a negative one of one byte). */
export function readValueType(reader: Reader): ValueTypeRef {
  const start = reader.position;
  const first = reader.peek();
  if (first < 0x80 && (first & 0x40) !== 0) {
    reader.byte();
    return (
      primitives.get(first) ??
      reader.fail(`invalid leading byte (0x${first.toString(16)}) for a primitive type`, start)
    );
  }
  return readTypeIndex(reader);
}

function readTypeIndex(reader: Reader): number {
  const start = reader.position;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.byte();
    if (shift === 28 && byte > 0x0f) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if ((byte & 0x40) !== 0 && shift < 28) break;
      return value;
    }
  }
  return reader.fail('A type is neither an index nor primitive', start);
}

export function readResult(reader: Reader): ValueTypeRef | undefined {
  const form = reader.byte();
  if (form === 0x00) return readValueType(reader);
  if (form !== 0x01) reader.failByte(form, 'component function results');
  // Named results are no longer part of the format.
  reader.expect(0x00, 'number of results');
  return undefined;
}

/** Any type that a component defines. `depth` counts the interface types and components around it. */
export function readType(reader: Reader, depth: number): TypeSyntax {
  const offset = reader.position;
  const form = reader.byte();
  const primitive = primitives.get(form);
  if (primitive !== undefined) return { kind: 'primitive', name: primitive };
  switch (form) {
    case 0x72: {
      const fields = readLabelled(reader, 'record field');
      if (fields.length === 0) reader.fail('record type must have at least one field', offset, 'invalid');
      return { kind: 'record', fields };
    }
    case 0x71: {
      const cases = reader.vector('cases', () => readCase(reader));
      if (cases.length === 0) reader.fail('variant type must have at least one case', offset, 'invalid');
      checkUniqueLabels(reader, 'variant case', labelsOf(cases), offset);
      return { kind: 'variant', cases };
    }
    case 0x70:
      return { kind: 'list', element: readValueType(reader), length: undefined };
    case 0x67: {
      const list: TypeSyntax = { kind: 'list', element: readValueType(reader), length: reader.u32() };
      if (list.length === 0) reader.fail('A list of fixed length 0', offset, 'invalid');
      return list;
    }
    case 0x6f: {
      const elements = reader.vector('elements of a tuple', () => readValueType(reader));
      if (elements.length === 0) reader.fail('tuple type must have at least one type', offset, 'invalid');
      return { kind: 'tuple', elements };
    }
    case 0x6e: {
      const labels = readLabels(reader, 'flag', 'flags must have at least one entry');
      if (labels.length > 32)
        reader.fail(`cannot have more than 32 flags: there are ${labels.length}`, offset, 'invalid');
      return { kind: 'flags', labels };
    }
    case 0x6d:
      return {
        kind: 'enum',
        labels: readLabels(reader, 'enum tag', 'enum type must have at least one variant'),
      };
    case 0x6b:
      return { kind: 'option', element: readValueType(reader) };
    case 0x6a:
      return {
        kind: 'result',
        ok: reader.optional('optional type', () => readValueType(reader)),
        err: reader.optional('optional type', () => readValueType(reader)),
      };
    case 0x69:
      return { kind: 'own', resource: reader.u32() };
    case 0x68:
      return { kind: 'borrow', resource: reader.u32() };
    case 0x66:
      return {
        kind: 'stream',
        element: reader.optional('optional type', () => readValueType(reader)),
      };
    case 0x65:
      return {
        kind: 'future',
        element: reader.optional('optional type', () => readValueType(reader)),
      };
    case 0x63:
      return { kind: 'map', key: readValueType(reader), value: readValueType(reader) };
    case 0x40:
    case 0x43:
      return readFuncType(reader, form === 0x43);
    case 0x41:
    case 0x42:
      return readInterfaceType(reader, form === 0x41 ? 'component' : 'instance', depth + 1);
    case 0x3f: {
      const rep = reader.byte();
      if (rep === 0x7e) reader.fail('Resources represented by i64 are not supported', offset, 'unsupported');
      if (rep !== 0x7f)
        reader.fail('A resource is represented by something other than i32', offset, 'invalid');
      return {
        kind: 'resource',
        destructor: reader.optional('optional destructor', () => reader.u32()),
      };
    }
    default:
      return reader.failByte(form, 'component defined type');
  }
}

function readFuncType(reader: Reader, async: boolean): FuncTypeSyntax {
  return {
    kind: 'func',
    async,
    params: readLabelled(reader, 'function parameter'),
    result: readResult(reader),
  };
}

function readLabelled(reader: Reader, what: Labelled): LabelledType[] {
  const offset = reader.position;
  const items = reader.vector('labelled types', () => ({
    label: readLabel(reader, what),
    type: readValueType(reader),
  }));
  checkUniqueLabels(reader, what, labelsOf(items), offset);
  return items;
}

function readLabels(reader: Reader, what: Labelled, none: string): string[] {
  const offset = reader.position;
  const labels = reader.vector('labels', () => readLabel(reader, what));
  if (labels.length === 0) reader.fail(none, offset, 'invalid');
  checkUniqueLabels(reader, what, labels, offset);
  return labels;
}

function labelsOf(items: readonly { readonly label: string }[]): string[] {
  return items.map((item) => item.label);
}

function readLabel(reader: Reader, what: Labelled): string {
  const offset = reader.position;
  return checkLabel(reader, what, reader.name(), offset);
}

function readCase(reader: Reader): LabelledCase {
  const label = readLabel(reader, 'variant case');
  const type = reader.optional('optional type', () => readValueType(reader));
  reader.expect(0x00, 'zero byte required');
  return { label, type };
}

const externKind = 'component external kind';

export function readExternType(reader: Reader): ExternType {
  const offset = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x00:
      reader.expect(0x11, externKind);
      return { kind: 'module', type: reader.u32() };
    case 0x01:
      return { kind: 'func', type: reader.u32() };
    case 0x02:
      return reader.fail('Values as imports and exports are not supported', offset, 'unsupported');
    case 0x03: {
      const bound = reader.byte();
      if (bound > 0x01) reader.failByte(bound, 'type bound');
      return { kind: 'type', equals: bound === 0x00 ? reader.u32() : undefined };
    }
    case 0x04:
      return { kind: 'component', type: reader.u32() };
    case 0x05:
      return { kind: 'instance', type: reader.u32() };
    default:
      return reader.failByte(form, externKind);
  }
}

function readInterfaceType(
  reader: Reader,
  kind: 'component' | 'instance',
  depth: number,
): InterfaceTypeSyntax {
  if (depth > maxNesting) reader.fail(`Types nest deeper than ${maxNesting}`, reader.position, 'unsupported');
  const declarations = reader.vector('declarations', () => readDeclaration(reader, kind, depth));
  return { kind, declarations };
}

const declarationKind = 'component or instance type declaration';

function readDeclaration(reader: Reader, within: 'component' | 'instance', depth: number): Declaration {
  const offset = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x00:
      return { kind: 'core-type', offset, type: readCoreType(reader) };
    case 0x01: {
      const type = readType(reader, depth);
      if (type.kind === 'resource')
        reader.fail('resources can only be defined within a concrete component', offset, 'invalid');
      return { kind: 'type', offset, type };
    }
    case 0x02:
      return { kind: 'alias', offset, alias: readAlias(reader) };
    case 0x03:
      if (within === 'instance') reader.failByte(form, declarationKind);
      return { kind: 'import', offset, name: readExternName(reader), type: readExternType(reader) };
    case 0x04:
      return { kind: 'export', offset, name: readExternName(reader), type: readExternType(reader) };
    default:
      return reader.failByte(form, declarationKind);
  }
}
