import type { FuncType, RecordField, ValueType, VariantCase } from '../abi/model.ts';
import { equalValueTypes } from './match.ts';

/** The name of a resource type, by its slot. */
export type NameResource = (slot: number) => string;

/** Most characters of a type in a message. */
const longest = 160;

/** Writes a type as in WIT, for messages: cut where it is long. */
export function writeType(type: ValueType | undefined, nameResource: NameResource): string {
  if (type === undefined) return 'nothing';
  const text = write(type, nameResource, longest);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** @param room characters that are still wanted: a type may be endless when it is written out */
function write(type: ValueType, nameResource: NameResource, room: number): string {
  if (room <= 0) return '…';
  const inner = (part: ValueType | undefined): string =>
    part === undefined ? '_' : write(part, nameResource, room - 8);
  const all = <T>(parts: readonly T[], one: (part: T) => string): string => {
    let text = '';
    for (const part of parts) {
      if (text.length > room) return `${text}, …`;
      text += `${text === '' ? '' : ', '}${one(part)}`;
    }
    return text;
  };
  switch (type.kind) {
    case 'list':
      return type.length === undefined
        ? `list<${inner(type.element)}>`
        : `list<${inner(type.element)}, ${type.length}>`;
    case 'record':
      return `record { ${all(type.fields, (field) => `${field.name}: ${inner(field.type)}`)} }`;
    case 'variant':
      return `variant { ${all(type.cases, (item) => (item.type ? `${item.name}(${inner(item.type)})` : item.name))} }`;
    case 'tuple':
      return `tuple<${all(type.types, inner)}>`;
    case 'enum':
    case 'flags':
      return `${type.kind} { ${all(type.names, (name) => name)} }`;
    case 'option':
      return `option<${inner(type.type)}>`;
    case 'result':
      if (type.err === undefined) return type.ok === undefined ? 'result' : `result<${inner(type.ok)}>`;
      return `result<${inner(type.ok)}, ${inner(type.err)}>`;
    case 'own':
    case 'borrow':
      return `${type.kind}<${nameResource(type.resource)}>`;
    case 'stream':
    case 'future':
      return type.element === undefined ? type.kind : `${type.kind}<${inner(type.element)}>`;
    default:
      return type.kind;
  }
}

/** Says where two function types that are not equal differ first. */
export function compareFuncTypes(wanted: FuncType, found: FuncType, nameResource: NameResource): string {
  const differ = (what: string, need: ValueType | undefined, have: ValueType | undefined): string => {
    const types = `${writeType(have, nameResource)}, but ${writeType(need, nameResource)} is needed`;
    const reason = need && have && explain(need, have);
    return `${what} is ${types}${reason === undefined ? '' : `: ${reason}`}`;
  };
  if (wanted.async !== found.async) return `it is ${found.async ? '' : 'not '}async`;
  if (wanted.params.length !== found.params.length)
    return `expected ${wanted.params.length} parameters, found ${found.params.length}`;
  for (const [index, need] of wanted.params.entries()) {
    const have = found.params[index]!;
    if (need.name !== have.name) return `expected parameter named \`${need.name}\`, found \`${have.name}\``;
    if (!equalValueTypes(need.type, have.type))
      return differ(`type mismatch in function parameter \`${need.name}\`: it`, need.type, have.type);
  }
  if (wanted.result === undefined || found.result === undefined)
    return wanted.result === undefined
      ? `expected no result, found ${writeType(found.result, nameResource)}`
      : 'expected a result, found none';
  return differ('type mismatch with result type: it', wanted.result, found.result);
}

/** Says in what two types that are not equal differ, along the way to the first place. */
export function explain(wanted: ValueType, found: ValueType): string {
  if (wanted.kind !== found.kind) return `expected ${wanted.kind}, found ${found.kind}`;
  switch (wanted.kind) {
    case 'own':
    case 'borrow':
      return 'resource types are not the same';
    case 'list': {
      const other = found as typeof wanted;
      return wanted.length === other.length
        ? `type mismatch in list elements: ${explain(wanted.element, other.element)}`
        : `expected ${wanted.length ?? 'any number of'} elements, found ${other.length ?? 'any number'}`;
    }
    case 'record':
      return explainMembers('field', 'fields', wanted.fields, (found as typeof wanted).fields);
    case 'variant':
      return explainMembers('case', 'cases', wanted.cases, (found as typeof wanted).cases);
    case 'tuple': {
      const name = (type: ValueType, index: number) => ({ name: String(index), type });
      const [need, have] = [wanted.types.map(name), (found as typeof wanted).types.map(name)];
      return explainMembers('tuple field', 'types', need, have);
    }
    case 'option':
      return `type mismatch in option: ${explain(wanted.type, (found as typeof wanted).type)}`;
    case 'result': {
      const other = found as typeof wanted;
      const part = equalValueTypes(wanted.ok, other.ok) ? 'err' : 'ok';
      const [need, have] = [wanted[part], other[part]];
      if (need === undefined) return `expected ${part} type to not be present`;
      if (have === undefined) return `expected ${part} type, but found none`;
      return `type mismatch in ${part} variant: ${explain(need, have)}`;
    }
    default:
      return `mismatch in ${wanted.kind} elements`;
  }
}

type Member = RecordField | VariantCase;

function explainMembers(
  what: string,
  plural: string,
  wanted: readonly Member[],
  found: readonly Member[],
): string {
  if (wanted.length !== found.length) return `expected ${wanted.length} ${plural}, found ${found.length}`;
  const index = wanted.findIndex(
    (need, at) => need.name !== found[at]!.name || !equalValueTypes(need.type, found[at]!.type),
  );
  const [need, have] = [wanted[index]!, found[index]!];
  if (need.name !== have.name)
    return `expected ${what === 'case' ? 'case named' : 'field name'} \`${need.name}\`, found \`${have.name}\``;
  if (need.type === undefined) return `expected case \`${need.name}\` to have no type`;
  if (have.type === undefined) return `expected case \`${need.name}\` to have a type, found none`;
  const place =
    what === 'tuple field'
      ? `tuple field ${index}`
      : `${what === 'case' ? 'variant' : 'record'} ${what} \`${need.name}\``;
  return `type mismatch in ${place}: ${explain(need.type, have.type)}`;
}
