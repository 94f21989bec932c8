import type { Reader } from './reader.ts';
import type { CoreModuleType, CoreSort, CoreTypeSyntax, CoreValueType } from './syntax.ts';

const valueTypes = new Map<number, CoreValueType>([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
]);

export function readCoreValueType(reader: Reader): CoreValueType {
  const offset = reader.position;
  const byte = reader.byte();
  const type = valueTypes.get(byte);
  if (type !== undefined) return type;
  if (byte >= 0x63 && byte <= 0x74) {
    return reader.fail(
      'Reference types beyond funcref and externref are not supported here',
      offset,
      'unsupported',
    );
  }
  return reader.fail(`0x${byte.toString(16)} is no core value type`, offset);
}

/** A core type as a component declares it: a function type or a module type. */
export function readCoreType(reader: Reader): CoreTypeSyntax {
  const offset = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x60:
      return {
        kind: 'func',
        params: reader.vector('parameters', () => readCoreValueType(reader)),
        results: reader.vector('results', () => readCoreValueType(reader)),
      };
    case 0x50:
      return readModuleType(reader);
    case 0x00:
    case 0x4e:
    case 0x4f:
    case 0x5e:
    case 0x5f:
      return reader.fail(
        'Garbage-collected core types are not supported in components',
        offset,
        'unsupported',
      );
    default:
      return reader.failByte(form, 'core type');
  }
}

function readModuleType(reader: Reader): CoreModuleType {
  const imports: { module: string; name: string; kind: CoreSort }[] = [];
  const exports: { name: string; kind: CoreSort }[] = [];
  const count = reader.count('declarations of a module type');
  for (let index = 0; index < count; index++) {
    const form = reader.byte();
    switch (form) {
      case 0x00:
        imports.push({ module: reader.name(), name: reader.name(), kind: readCoreExternKind(reader) });
        break;
      case 0x01:
        if (reader.peek() === 0x50)
          reader.fail(
            'invalid leading byte (0x50) for a type of a module type: module types do not nest',
            reader.position,
            'invalid',
          );
        readCoreType(reader);
        break;
      case 0x02:
        reader.expect(0x10, 'outer alias kind');
        reader.expect(0x01, 'outer alias target');
        reader.u32();
        reader.u32();
        break;
      case 0x03:
        exports.push({ name: reader.name(), kind: readCoreExternKind(reader) });
        break;
      default:
        reader.failByte(form, 'type definition');
    }
  }
  return { kind: 'module', imports, exports };
}

function readCoreExternKind(reader: Reader): CoreSort {
  const kind = reader.byte();
  switch (kind) {
    case 0x00:
      reader.u32();
      return 'func';
    case 0x01:
      readCoreValueType(reader);
      readLimits(reader);
      return 'table';
    case 0x02:
      readLimits(reader);
      return 'memory';
    case 0x03:
      readCoreValueType(reader);
      reader.flag('The mutability of a global');
      return 'global';
    case 0x04:
      reader.expect(0x00, 'the attribute of a tag');
      reader.u32();
      return 'tag';
    default:
      return reader.failByte(kind, 'core external kind');
  }
}

function readLimits(reader: Reader): void {
  const offset = reader.position;
  const flags = reader.byte();
  if (flags > 0x0f) reader.fail(`0x${flags.toString(16)} are no flags of limits`, offset);
  reader.u64();
  if ((flags & 0x01) !== 0) reader.u64();
  if ((flags & 0x08) !== 0) reader.u32();
}
