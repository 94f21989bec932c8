import { resolveCoreExternType } from '../binary/core-types.ts';
import type {
  CoreExternType,
  CoreLimits,
  CoreModuleType,
  CoreSignature,
  CoreTypeSyntax,
  CoreValueType,
  ModuleInterface,
} from '../binary/syntax.ts';
import type { CoreTypeEntity, Scope } from './entities.ts';
import { at, invalid, outerScope } from './resolve.ts';

/** Resolves a definition of core types: the entities that it adds. */
export function resolveCoreType(
  syntax: CoreTypeSyntax,
  scope: Scope,
  offset: number,
): readonly CoreTypeEntity[] {
  if (syntax.kind === 'group') return syntax.types;
  return [{ kind: 'module', ...resolveModuleType(syntax, scope, offset) }];
}

function resolveModuleType(syntax: CoreModuleType, scope: Scope, offset: number): ModuleInterface {
  const types = syntax.types.map((type) => {
    if (type.kind !== 'outer') return type;
    // One scope out of the module type is where it stands.
    const outer = type.scopes === 0 ? undefined : outerScope(scope, type.scopes - 1, offset);
    if (outer === undefined) return invalid('A module type cannot alias types of its own', offset);
    return at(outer.coreTypes, type.index, 'core type', offset);
  });
  const signatureOf = (index: number): CoreSignature => {
    const type = at(types, index, 'type', offset);
    return type.kind === 'func' ? type : invalid(`Core type ${index} is no function type`, offset);
  };
  const seen = new Set<string>();
  const imports = syntax.imports.map(({ module, name, type }) => {
    const key = JSON.stringify([module, name]);
    if (seen.has(key)) invalid(`duplicate import name \`${module}:${name}\` in a module type`, offset);
    seen.add(key);
    return { module, name, type: resolveCoreExternType(type, signatureOf) };
  });
  const exports = new Map<string, CoreExternType>();
  for (const { name, type } of syntax.exports) {
    if (exports.has(name)) invalid(`duplicate export name \`${name}\` in a module type`, offset);
    exports.set(name, resolveCoreExternType(type, signatureOf));
  }
  return { imports, exports };
}

/**
 * Why a core module cannot stand where one of another type is wanted: it may import less and export more. Undefined where
 * it can.
 */
export function findModuleMisfit(wanted: ModuleInterface, actual: ModuleInterface): string | undefined {
  for (const { module, name, type } of actual.imports) {
    const declared = wanted.imports.find((item) => item.module === module && item.name === name);
    const label = `module import \`${module}::${name}\``;
    if (declared === undefined) return `${label} not defined`;
    const problem = findMisfit(type, declared.type);
    if (problem !== undefined) return `${label} has the wrong type: ${problem}`;
  }
  for (const [name, type] of wanted.exports) {
    const found = actual.exports.get(name);
    if (found === undefined) return `module export \`${name}\` not defined`;
    const problem = findMisfit(type, found);
    if (problem !== undefined) return `module export \`${name}\` has the wrong type: ${problem}`;
  }
  return undefined;
}

/** Why `actual` is no subtype of `wanted`. */
function findMisfit(wanted: CoreExternType, actual: CoreExternType): string | undefined {
  if (wanted.kind !== actual.kind) return `expected ${wanted.kind} found ${actual.kind}`;
  if (wanted.unknown === true || actual.unknown === true) return undefined;
  return isSubtype(wanted, actual)
    ? undefined
    : `expected type \`${writeType(wanted)}\`, found type \`${writeType(actual)}\``;
}

function isSubtype(wanted: CoreExternType, actual: CoreExternType): boolean {
  if (wanted.unknown === true || actual.unknown === true) return true;
  switch (wanted.kind) {
    case 'func':
    case 'tag':
      return equalSignatures(wanted.type, (actual as typeof wanted).type);
    case 'table': {
      const other = actual as typeof wanted;
      return equalTypes(wanted.element, other.element) && fitsLimits(wanted.limits, other.limits);
    }
    case 'memory':
      return fitsLimits(wanted.limits, (actual as typeof wanted).limits);
    case 'global': {
      const other = actual as typeof wanted;
      return equalTypes(wanted.content, other.content) && wanted.mutable === other.mutable;
    }
  }
}

function fitsLimits(wanted: CoreLimits, actual: CoreLimits): boolean {
  if (wanted.shared !== actual.shared || wanted.wide !== actual.wide) return false;
  if (wanted.pageSize !== actual.pageSize || actual.minimum < wanted.minimum) return false;
  if (wanted.maximum === undefined) return true;
  return actual.maximum !== undefined && actual.maximum <= wanted.maximum;
}

function equalSignatures(a: CoreSignature, b: CoreSignature): boolean {
  return equalLists(a.params, b.params) && equalLists(a.results, b.results);
}

function equalLists(a: readonly CoreValueType[], b: readonly CoreValueType[]): boolean {
  return a.length === b.length && a.every((type, index) => equalTypes(type, b[index]!));
}

/** Types that are named by an index mean nothing outside of their module: those are left to the linking of the module. */
function equalTypes(a: CoreValueType, b: CoreValueType): boolean {
  return a === b || (a.includes('$') && b.includes('$'));
}

function writeType(type: CoreExternType): string {
  if (type.unknown === true) return type.kind;
  const words = (name: string, types: readonly CoreValueType[]): string =>
    types.length === 0 ? '' : ` (${name} ${types.join(' ')})`;
  switch (type.kind) {
    case 'func':
    case 'tag':
      return `(${type.kind}${words('param', type.type.params)}${words('result', type.type.results)})`;
    case 'table':
      return `(table${writeLimits(type.limits)} ${type.element})`;
    case 'memory':
      return `(memory${writeLimits(type.limits)})`;
    case 'global':
      return `(global ${type.mutable ? `(mut ${type.content})` : type.content})`;
  }
}

function writeLimits({ minimum, maximum, wide, shared }: CoreLimits): string {
  const end = maximum === undefined ? '' : ` ${maximum}`;
  return `${wide ? ' i64' : ''} ${minimum}${end}${shared ? ' shared' : ''}`;
}
