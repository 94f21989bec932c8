import type { Reader } from './reader.ts';
import type {
  CoreExternType,
  CoreLimits,
  CoreModuleType,
  CoreSignature,
  CoreSubType,
  CoreTypeSyntax,
  CoreValueType,
  ModuleLocalType,
} from './syntax.ts';

const valueTypes = new Map<number, CoreValueType>([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

/** Heap types that have no index, by the byte that stands for their nullable references too. */
const heapTypes = new Map<number, string>([
  [0x75, 'nocont'],
  [0x74, 'noexn'],
  [0x73, 'nofunc'],
  [0x72, 'noextern'],
  [0x71, 'none'],
  [0x70, 'func'],
  [0x6f, 'extern'],
  [0x6e, 'any'],
  [0x6d, 'eq'],
  [0x6c, 'i31'],
  [0x6b, 'struct'],
  [0x6a, 'array'],
  [0x69, 'exn'],
  [0x68, 'cont'],
]);

export function readCoreValueType(reader: Reader): CoreValueType {
  const byte = reader.byte();
  const type = valueTypes.get(byte);
  if (type !== undefined) return type;
  if (heapTypes.has(byte)) return `(ref null ${heapTypes.get(byte)!})`;
  if (byte === 0x63) return `(ref null ${readHeapType(reader)})`;
  if (byte === 0x64) return `(ref ${readHeapType(reader)})`;
  return reader.failByte(byte, 'core value type');
}

function readHeapType(reader: Reader): string {
  const heapType = heapTypes.get(reader.peek());
  if (heapType === undefined) return `$${reader.u32()}`;
  reader.byte();
  return heapType;
}

/** One element of a type section: a group of recursive types is several. */
export function readCoreTypeGroup(reader: Reader): readonly CoreSubType[] {
  if (reader.peek() !== 0x4e) return [readSubType(reader)];
  reader.byte();
  return reader.vector('types of a group', () => readSubType(reader));
}

function readSubType(reader: Reader): CoreSubType {
  const form = reader.byte();
  switch (form) {
    case 0x60:
      return {
        kind: 'func',
        params: reader.vector('parameters', () => readCoreValueType(reader)),
        results: reader.vector('results', () => readCoreValueType(reader)),
      };
    case 0x5f:
      reader.vector('fields', () => readField(reader));
      return { kind: 'object' };
    case 0x5e:
      readField(reader);
      return { kind: 'object' };
    case 0x50:
    case 0x4f:
      reader.vector('supertypes', () => reader.u32());
      return readSubType(reader);
    default:
      return reader.failByte(form, 'core type');
  }
}

function readField(reader: Reader): void {
  if (reader.peek() === 0x78 || reader.peek() === 0x77) reader.byte();
  else readCoreValueType(reader);
  reader.flag('the mutability of a field');
}

/** A core type as a component declares it. A subtype that is not final has a zero before it: 0x50 is a module type. */
export function readCoreType(reader: Reader): CoreTypeSyntax {
  const form = reader.peek();
  if (form === 0x50) {
    reader.byte();
    return readModuleType(reader);
  }
  if (form === 0x00) {
    reader.byte();
    if (reader.peek() !== 0x50) reader.failByte(reader.byte(), 'core type');
  }
  return { kind: 'group', types: readCoreTypeGroup(reader) };
}

function readModuleType(reader: Reader): CoreModuleType {
  const types: ModuleLocalType[] = [];
  const imports: CoreModuleType['imports'][number][] = [];
  const exports: CoreModuleType['exports'][number][] = [];
  const count = reader.count('declarations of a module type');
  for (let index = 0; index < count; index++) {
    const form = reader.byte();
    switch (form) {
      case 0x00:
        imports.push({ module: reader.name(), name: reader.name(), type: readCoreExternType(reader) });
        break;
      case 0x01:
        if (reader.peek() === 0x50)
          reader.fail(
            'invalid leading byte (0x50) for a type of a module type: module types do not nest',
            reader.position,
            'invalid',
          );
        types.push(...(readCoreType(reader) as Extract<CoreTypeSyntax, { kind: 'group' }>).types);
        break;
      case 0x02:
        reader.expect(0x10, 'outer alias kind');
        reader.expect(0x01, 'outer alias target');
        types.push({ kind: 'outer', scopes: reader.u32(), index: reader.u32() });
        break;
      case 0x03:
        exports.push({ name: reader.name(), type: readCoreExternType(reader) });
        break;
      default:
        reader.failByte(form, 'type definition');
    }
  }
  return { kind: 'module', types, imports, exports };
}

/** What a core module imports or exports. Functions and tags have the index of their type. */
export function readCoreExternType(reader: Reader): CoreExternType<number> {
  const kind = reader.byte();
  switch (kind) {
    case 0x00:
      return { kind: 'func', type: reader.u32() };
    case 0x01:
      return { kind: 'table', element: readCoreValueType(reader), limits: readLimits(reader) };
    case 0x02:
      return { kind: 'memory', limits: readLimits(reader) };
    case 0x03:
      return readGlobalType(reader);
    case 0x04:
      reader.expect(0x00, 'the attribute of a tag');
      return { kind: 'tag', type: reader.u32() };
    default:
      return reader.failByte(kind, 'core external kind');
  }
}

/** Puts signatures where the indexes of types stand. */
export function resolveCoreExternType(
  type: CoreExternType<number>,
  signatureOf: (index: number) => CoreSignature,
): CoreExternType {
  if (type.unknown === true) return type;
  switch (type.kind) {
    case 'func':
    case 'tag':
      return { kind: type.kind, type: signatureOf(type.type) };
    default:
      return type;
  }
}

export function readGlobalType(reader: Reader): CoreExternType<number> & { kind: 'global' } {
  const content = readCoreValueType(reader);
  return { kind: 'global', content, mutable: reader.flag('the mutability of a global') };
}

export function readLimits(reader: Reader): CoreLimits {
  const offset = reader.position;
  const flags = reader.byte();
  if (flags > 0x0f) reader.fail(`0x${flags.toString(16)} are no flags of limits`, offset);
  return {
    minimum: reader.u64(),
    maximum: (flags & 0x01) !== 0 ? reader.u64() : undefined,
    shared: (flags & 0x02) !== 0,
    wide: (flags & 0x04) !== 0,
    pageSize: (flags & 0x08) !== 0 ? reader.u32() : 16,
  };
}
