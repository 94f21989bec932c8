import type { FuncType, RecordField, ValueType, VariantCase } from '../abi/model.ts';
import { ComponentError } from '../api.ts';
import { canonicalExternName } from '../binary/labels.ts';
import type {
  Alias,
  DefinedTypeSyntax,
  FuncTypeSyntax,
  LabelledType,
  ValueTypeRef,
} from '../binary/syntax.ts';
import type { InstanceEntity, Scope, TypeEntity, ValueEntity } from './entities.ts';

/** Most nodes of one type, written out, and how deep they may nest: a short file can describe an endless type. */
const maxWeight = 100_000;
const maxDepth = 100;

export function invalid(message: string, offset: number): never {
  throw new ComponentError('invalid', `${message} (at byte ${offset})`, { offset });
}

export function unsupported(message: string, offset: number): never {
  throw new ComponentError('unsupported', `${message} (at byte ${offset})`, { offset });
}

/**
 * Gives a name to an import or export, of a component or an interface.
 * @param names those given so far, by what makes them the same
 */
export function claimName(
  names: Map<string, string>,
  what: 'import' | 'export',
  name: string,
  offset: number,
): void {
  const key = canonicalExternName(name);
  const other = names.get(key);
  if (other !== undefined)
    invalid(`${what} name \`${name}\` conflicts with previous name \`${other}\``, offset);
  names.set(key, name);
}

/** The entity at an index of an index space. */
export function at<T>(space: readonly T[], index: number, what: string, offset: number): T {
  if (index >= space.length)
    invalid(
      `unknown ${what} ${index}: ${what} index out of bounds, ${space.length} are defined so far`,
      offset,
    );
  return space[index]!;
}

/** The scope that many scopes out. */
export function outerScope(scope: Scope, count: number, offset: number): Scope {
  let found: Scope | undefined = scope;
  for (let step = 0; step < count && found !== undefined; step++) found = found.parent;
  return found ?? invalid(`invalid outer alias count of ${count}: there are not so many scopes`, offset);
}

export function exportedBy(instance: InstanceEntity, alias: Alias & { from: 'export' }, offset: number) {
  const entity = instance.exports.get(alias.name);
  const where = `instance ${alias.instance}`;
  if (entity === undefined) invalid(`${where} has no export named \`${alias.name}\``, offset);
  if (entity.sort !== alias.sort) {
    invalid(`export \`${alias.name}\` for ${where} is not a ${alias.sort}, but a ${entity.sort}`, offset);
  }
  return entity;
}

/** The value type that a definition or a signature refers to. */
export function resolveValue(ref: ValueTypeRef, scope: Scope, offset: number): ValueEntity {
  if (typeof ref === 'string')
    return { kind: 'value', type: { kind: ref }, weight: 1, depth: 1, borrows: false };
  const entity = at(scope.types, ref, 'type', offset);
  if (entity.kind !== 'value')
    invalid(`Type ${ref} is a ${entity.kind} type where a value type is needed`, offset);
  return entity;
}

/** Resolves a value type definition. Labels have been checked when they were read. */
export function resolveDefined(syntax: DefinedTypeSyntax, scope: Scope, offset: number): ValueEntity {
  let weight = 1;
  let depth = 0;
  let borrows = syntax.kind === 'borrow';
  const value = (ref: ValueTypeRef): ValueType => {
    const entity = resolveValue(ref, scope, offset);
    weight += entity.weight;
    depth = Math.max(depth, entity.depth);
    borrows ||= entity.borrows;
    if (weight > maxWeight) unsupported(`A type has more than ${maxWeight} parts`, offset);
    return entity.type;
  };
  const optional = (ref: ValueTypeRef | undefined) => (ref === undefined ? undefined : value(ref));
  const type = build();
  depth += 1;
  if (depth > maxDepth) unsupported(`type nesting is too deep: more than ${maxDepth}`, offset);
  return { kind: 'value', type, weight, depth, borrows };

  function build(): ValueType {
    switch (syntax.kind) {
      case 'primitive':
        return { kind: syntax.name };
      case 'record':
        return {
          kind: 'record',
          fields: syntax.fields.map((field): RecordField => ({ name: field.label, type: value(field.type) })),
        };
      case 'variant':
        return {
          kind: 'variant',
          cases: syntax.cases.map((item): VariantCase => ({ name: item.label, type: optional(item.type) })),
        };
      case 'list': {
        const element = value(syntax.element);
        if (syntax.length === undefined) return { kind: 'list', element };
        weight *= syntax.length;
        if (weight > maxWeight) unsupported(`A list of fixed length ${syntax.length} is too long`, offset);
        return { kind: 'list', element, length: syntax.length };
      }
      case 'tuple':
        return { kind: 'tuple', types: syntax.elements.map(value) };
      case 'enum':
      case 'flags':
        weight += syntax.labels.length;
        return { kind: syntax.kind, names: syntax.labels };
      case 'option':
        return { kind: 'option', type: value(syntax.element) };
      case 'result':
        return { kind: 'result', ok: optional(syntax.ok), err: optional(syntax.err) };
      case 'own':
      case 'borrow':
        return { kind: syntax.kind, resource: resolveResource(syntax.resource, scope, offset) };
      case 'stream':
        if (isChar(syntax.element, scope)) invalid('`stream<char>` is not valid at this time', offset);
        return { kind: 'stream', element: optional(syntax.element) };
      case 'future':
        return { kind: syntax.kind, element: optional(syntax.element) };
      case 'map':
        // The Canonical ABI defines a map as the list of its entries.
        return { kind: 'list', element: { kind: 'tuple', types: [value(syntax.key), value(syntax.value)] } };
    }
  }
}

function isChar(ref: ValueTypeRef | undefined, scope: Scope): boolean {
  if (typeof ref !== 'number') return ref === 'char';
  const entity = scope.types[ref];
  return entity?.kind === 'value' && entity.type.kind === 'char';
}

/** The slot of the resource type that an index means. */
export function resolveResource(index: number, scope: Scope, offset: number): number {
  const entity = at(scope.types, index, 'type', offset);
  if (entity.kind !== 'resource') invalid(`type index ${index} is not a resource type`, offset);
  return entity.slot;
}

export function resolveFunc(
  syntax: FuncTypeSyntax,
  scope: Scope,
  offset: number,
): Extract<TypeEntity, { kind: 'func' }> {
  let weight = 1;
  const value = (ref: ValueTypeRef): ValueEntity => {
    const entity = resolveValue(ref, scope, offset);
    weight += entity.weight;
    if (weight > maxWeight) unsupported(`A function type has more than ${maxWeight} parts`, offset);
    return entity;
  };
  const params = syntax.params.map((param: LabelledType) => ({
    name: param.label,
    type: value(param.type).type,
  }));
  const result = syntax.result === undefined ? undefined : value(syntax.result);
  if (result?.borrows === true) invalid('function result cannot contain a `borrow` type', offset);
  const type: FuncType = { params, result: result?.type, async: syntax.async };
  return { kind: 'func', type, weight };
}
