import type { Codec } from './codec.ts';
import { compileBytes, compileFixedList, compileList } from './lists.ts';
import type { CanonOptions, ValueType } from './model.ts';
import { compileFlags, compileRecord, compileTuple } from './records.ts';
import { compileBorrow, compileOwn, compileUnsupported } from './resources.ts';
import { compileScalar, type ScalarKind } from './scalars.ts';
import { compileString } from './strings.ts';
import { compileEnum, compileOption, compileResult, compileVariant } from './variants.ts';

type Encoding = CanonOptions['encoding'];

const compiled: Record<Encoding, WeakMap<ValueType, Codec>> = {
  utf8: new WeakMap(),
  utf16: new WeakMap(),
  'latin1+utf16': new WeakMap(),
};

/** The codec of a type, made once for each type object and encoding. */
export function compileType(type: ValueType, encoding: Encoding): Codec {
  let codec = compiled[encoding].get(type);
  if (codec === undefined) compiled[encoding].set(type, (codec = compileFresh(type, encoding)));
  return codec;
}

function compileFresh(type: ValueType, encoding: Encoding): Codec {
  const compile = (inner: ValueType): Codec => compileType(inner, encoding);
  const compileMaybe = (inner: ValueType | undefined): Codec | undefined => inner && compile(inner);
  switch (type.kind) {
    case 'string':
      return compileString(encoding);
    case 'list':
      if (type.length !== undefined) return compileFixedList(compile(type.element), type.length);
      return type.element.kind === 'u8' ? compileBytes() : compileList(type, compile(type.element));
    case 'record':
      return compileRecord(
        type.fields.map((field) => field.name),
        type.fields.map((field) => compile(field.type)),
      );
    case 'tuple':
      return compileTuple(type.types.map(compile));
    case 'variant':
      return compileVariant(
        type.cases.map((one) => one.name),
        type.cases.map((one) => compileMaybe(one.type)),
      );
    case 'enum':
      return compileEnum(type.names);
    case 'flags':
      return compileFlags(type.names);
    case 'option':
      return compileOption(compile(type.type), type.type.kind === 'option');
    case 'result':
      return compileResult(compileMaybe(type.ok), compileMaybe(type.err));
    case 'own':
      return compileOwn(type.resource);
    case 'borrow':
      return compileBorrow(type.resource);
    case 'stream':
    case 'future':
    case 'error-context':
      return compileUnsupported(type.kind);
    default:
      return compileScalar(type.kind as ScalarKind);
  }
}
