import type { FuncType, ValueType } from '../abi/model.ts';

/** Whether two value types are the same: structure, names, and resources by their slots. */
export function equalValueTypes(a: ValueType | undefined, b: ValueType | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'list': {
      const other = b as typeof a;
      return a.length === other.length && equalValueTypes(a.element, other.element);
    }
    case 'record':
      return equalLists(a.fields, (b as typeof a).fields, equalNamed);
    case 'variant':
      return equalLists(a.cases, (b as typeof a).cases, equalNamed);
    case 'tuple':
      return equalLists(a.types, (b as typeof a).types, equalValueTypes);
    case 'enum':
    case 'flags':
      return equalLists(a.names, (b as typeof a).names, Object.is);
    case 'option':
      return equalValueTypes(a.type, (b as typeof a).type);
    case 'result': {
      const other = b as typeof a;
      return equalValueTypes(a.ok, other.ok) && equalValueTypes(a.err, other.err);
    }
    case 'own':
    case 'borrow':
      return a.resource === (b as typeof a).resource;
    case 'stream':
    case 'future':
      return equalValueTypes(a.element, (b as typeof a).element);
    default:
      return true;
  }
}

/** Whether two function types are the same, names of parameters included. */
export function equalFuncTypes(a: FuncType, b: FuncType): boolean {
  return (
    a === b ||
    (a.async === b.async && equalLists(a.params, b.params, equalNamed) && equalValueTypes(a.result, b.result))
  );
}

interface Named {
  readonly name: string;
  readonly type?: ValueType | undefined;
}

function equalNamed(a: Named, b: Named): boolean {
  return a.name === b.name && equalValueTypes(a.type, b.type);
}

function equalLists<T>(a: readonly T[], b: readonly T[], equal: (a: T, b: T) => boolean): boolean {
  return a.length === b.length && a.every((item, index) => equal(item, b[index]!));
}
