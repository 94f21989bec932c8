import fc from 'fast-check';
import type { PrimitiveKind, ValueType } from '../../src/abi/model.ts';
import { toCamelCase } from '../../src/abi/codec.ts';

const PRIMITIVES: readonly PrimitiveKind[] = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
];

const primitive: fc.Arbitrary<ValueType> = fc.constantFrom(...PRIMITIVES).map((kind) => ({ kind }));

function named<T>(item: fc.Arbitrary<T>, most: number): fc.Arbitrary<{ name: string; item: T }[]> {
  return fc
    .array(item, { minLength: 1, maxLength: most })
    .map((items) => items.map((one, i) => ({ name: `the-${i}`, item: one })));
}

const names = (most: number): fc.Arbitrary<string[]> =>
  fc.integer({ min: 1, max: most }).map((count) => Array.from({ length: count }, (_, i) => `name-${i}`));

/** Any value type without resources and asynchronous types. */
export const valueType: fc.Arbitrary<ValueType> = fc.letrec<{ type: ValueType }>((tie) => {
  const inner = tie('type');
  const maybe = fc.option(inner, { nil: undefined });
  return {
    type: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      primitive,
      names(300).map((all): ValueType => ({ kind: 'enum', names: all })),
      names(32).map((all): ValueType => ({ kind: 'flags', names: all })),
      inner.map((element): ValueType => ({ kind: 'list', element })),
      fc
        .tuple(inner, fc.integer({ min: 1, max: 4 }))
        .map(([element, length]): ValueType => ({ kind: 'list', element, length })),
      named(inner, 6).map((all): ValueType => ({
        kind: 'record',
        fields: all.map(({ name, item }) => ({ name, type: item })),
      })),
      fc.array(inner, { minLength: 1, maxLength: 4 }).map((types): ValueType => ({ kind: 'tuple', types })),
      named(maybe, 5).map((all): ValueType => ({
        kind: 'variant',
        cases: all.map(({ name, item }) => ({ name, type: item })),
      })),
      inner.map((type): ValueType => ({ kind: 'option', type })),
      fc.tuple(maybe, maybe).map(([ok, err]): ValueType => ({ kind: 'result', ok, err })),
    ),
  };
}).type;

const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('\ufeffmarked', '\ufffd', 'naïve', 'héé'.repeat(20)),
);

/** Any value of a type. */
export function valueOf(type: ValueType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean();
    case 's8':
      return fc.integer({ min: -128, max: 127 });
    case 'u8':
      return fc.integer({ min: 0, max: 255 });
    case 's16':
      return fc.integer({ min: -32768, max: 32767 });
    case 'u16':
      return fc.integer({ min: 0, max: 65535 });
    case 's32':
      return fc.integer();
    case 'u32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 's64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'u64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'f32':
      return fc.float();
    case 'f64':
      return fc.double();
    case 'char':
      return fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    case 'string':
      return TEXT;
    case 'list': {
      const { element, length } = type;
      if (length !== undefined) return fc.array(valueOf(element), { minLength: length, maxLength: length });
      return element.kind === 'u8'
        ? fc.uint8Array({ maxLength: 40 })
        : fc.array(valueOf(element), { maxLength: 5 });
    }
    case 'record':
      return fc.record(Object.fromEntries(type.fields.map((f) => [toCamelCase(f.name), valueOf(f.type)])), {
        noNullPrototype: true,
      });
    case 'tuple':
      return fc.tuple(...type.types.map(valueOf));
    case 'variant':
      return fc.oneof(...type.cases.map((one) => caseOf(one.name, one.type)));
    case 'enum':
      return fc.constantFrom(...type.names);
    case 'flags':
      return fc.record(Object.fromEntries(type.names.map((name) => [toCamelCase(name), fc.boolean()])), {
        noNullPrototype: true,
      });
    case 'option':
      if (type.type.kind === 'option') return fc.oneof(caseOf('none', undefined), caseOf('some', type.type));
      return fc.option(valueOf(type.type), { nil: undefined });
    case 'result':
      return fc.oneof(caseOf('ok', type.ok), caseOf('err', type.err));
    default:
      throw new Error(`no values of type ${type.kind}`);
  }
}

function caseOf(tag: string, type: ValueType | undefined): fc.Arbitrary<unknown> {
  return type ? valueOf(type).map((val) => ({ tag, val })) : fc.constant({ tag });
}

/** A type with one of its values. */
export const typed: fc.Arbitrary<{ type: ValueType; value: unknown }> = valueType.chain((type) =>
  valueOf(type).map((value) => ({ type, value })),
);
