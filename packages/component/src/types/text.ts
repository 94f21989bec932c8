import type { FuncType, ValueType } from '../abi/model.ts';
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
  const differ = (what: string, need: ValueType | undefined, have: ValueType | undefined): string =>
    `${what} is ${writeType(have, nameResource)}, but ${writeType(need, nameResource)} is needed`;
  if (wanted.async !== found.async) return `it is ${found.async ? '' : 'not '}async`;
  if (wanted.params.length !== found.params.length)
    return `it has ${found.params.length} parameters, but ${wanted.params.length} are needed`;
  for (const [index, need] of wanted.params.entries()) {
    const have = found.params[index]!;
    if (need.name !== have.name)
      return `its parameter ${index + 1} is called ${have.name}, but ${need.name} is needed`;
    if (!equalValueTypes(need.type, have.type))
      return differ(`its parameter ${need.name}`, need.type, have.type);
  }
  return differ('its result', wanted.result, found.result);
}
