import type { Reader } from './reader.ts';
import { readCoreSort } from './sorts.ts';
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
      return reader.fail(`0x${form.toString(16)} is no core type`, offset);
  }
}

function readModuleType(reader: Reader): CoreModuleType {
  const imports: { module: string; name: string; kind: CoreSort }[] = [];
  const exports: { name: string; kind: CoreSort }[] = [];
  const count = reader.count('declarations of a module type');
  for (let index = 0; index < count; index++) {
    const offset = reader.position;
    const form = reader.byte();
    switch (form) {
      case 0x00:
        imports.push({ module: reader.name(), name: reader.name(), kind: readCoreExternKind(reader) });
        break;
      case 0x01:
        if (reader.peek() === 0x50)
          reader.fail('A module type inside a module type', reader.position, 'invalid');
        readCoreType(reader);
        break;
      case 0x02:
        if (readCoreSort(reader) !== 'type')
          reader.fail('Only types are aliased in a module type', offset, 'invalid');
        reader.expect(0x01, 'The target of an alias in a module type');
        reader.u32();
        reader.u32();
        break;
      case 0x03:
        exports.push({ name: reader.name(), kind: readCoreExternKind(reader) });
        break;
      default:
        reader.fail(`0x${form.toString(16)} is no declaration of a module type`, offset);
    }
  }
  return { kind: 'module', imports, exports };
}

function readCoreExternKind(reader: Reader): CoreSort {
  const offset = reader.position;
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
      reader.expect(0x00, 'The attribute of a tag');
      reader.u32();
      return 'tag';
    default:
      return reader.fail(`0x${kind.toString(16)} is no kind of core import or export`, offset);
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
