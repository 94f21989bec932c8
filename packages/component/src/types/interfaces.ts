import type { FuncType } from '../abi/model.ts';
import type {
  Declaration,
  ExternType,
  InterfaceTypeSyntax,
  ModuleInterface,
  TypeSyntax,
} from '../binary/syntax.ts';
import { createScope } from './entities.ts';
import type { Entity, Scope, TypeEntity } from './entities.ts';
import { resolveCoreType } from './modules.ts';
import {
  at,
  claimName,
  exportedBy,
  invalid,
  outerScope,
  resolveDefined,
  resolveFunc,
  unsupported,
} from './resolve.ts';

/** What an import, or an export of an interface, must be. */
export type Wanted =
  | { readonly sort: 'func'; readonly type: FuncType; readonly weight: number }
  /** Without a type: any resource type. */
  | { readonly sort: 'type'; readonly type: TypeEntity | undefined }
  | { readonly sort: 'instance'; readonly syntax: InterfaceTypeSyntax; readonly scope: Scope }
  | { readonly sort: 'component' }
  | { readonly sort: 'core module'; readonly type: ModuleInterface };

/** Gives what an interface asks for under a name: something new of the host's, or something that is there, checked. */
export type Provide = (name: string, wanted: Wanted, offset: number) => Entity;

/** Resolves the type of an import or export. */
export function resolveExtern(type: ExternType, scope: Scope, offset: number): Wanted {
  switch (type.kind) {
    case 'module': {
      const found = at(scope.coreTypes, type.type, 'core type', offset);
      if (found.kind !== 'module') invalid(`Core type ${type.type} is no module type`, offset);
      return { sort: 'core module', type: found };
    }
    case 'func': {
      const found = at(scope.types, type.type, 'type', offset);
      if (found.kind !== 'func') invalid(`type index ${type.type} is not a function type`, offset);
      return { sort: 'func', type: found.type, weight: found.weight };
    }
    case 'type':
      return {
        sort: 'type',
        type: type.equals === undefined ? undefined : at(scope.types, type.equals, 'type', offset),
      };
    case 'instance':
    case 'component': {
      const found = at(scope.types, type.type, 'type', offset);
      if (found.kind !== 'interface' || found.syntax.kind !== type.kind) {
        invalid(`Type ${type.type} is no ${type.kind} type`, offset);
      }
      return type.kind === 'component' ? { sort: 'component' } : { sort: 'instance', ...found };
    }
    case 'value':
      return unsupported('Values as imports and exports are not supported', offset);
  }
}

/** Resolves a type definition, except that of a resource, which is a definition of the instance. */
export function resolveType(
  syntax: Exclude<TypeSyntax, { kind: 'resource' }>,
  scope: Scope,
  offset: number,
): TypeEntity {
  if (syntax.kind === 'func') return resolveFunc(syntax, scope, offset);
  if (isInterfaceType(syntax)) return { kind: 'interface', syntax, scope };
  return resolveDefined(syntax, scope, offset);
}

function isInterfaceType(syntax: TypeSyntax): syntax is InterfaceTypeSyntax {
  return syntax.kind === 'instance' || syntax.kind === 'component';
}

/**
 * Goes through an instance type, written in `scope`, with `provide` to say what its exports are: so the types in it
 * become those of the actual instance.
 */
export function evaluateInterface(
  syntax: InterfaceTypeSyntax,
  scope: Scope,
  provide: Provide,
): ReadonlyMap<string, Entity> {
  const inner = createScope(scope);
  const exports = new Map<string, Entity>();
  const names = new Map<string, string>();
  for (const declaration of syntax.declarations) declare(declaration, inner, exports, names, provide);
  return exports;
}

function declare(
  declaration: Declaration,
  scope: Scope,
  exports: Map<string, Entity>,
  names: Map<string, string>,
  provide: Provide,
): void {
  const { offset } = declaration;
  switch (declaration.kind) {
    case 'core-type':
      scope.coreTypes.push(...resolveCoreType(declaration.type, scope, offset));
      return;
    case 'type':
      if (declaration.type.kind === 'resource')
        invalid('resources can only be defined within a concrete component', offset);
      scope.types.push(resolveType(declaration.type, scope, offset));
      return;
    case 'alias': {
      const { alias } = declaration;
      if (alias.from === 'outer') {
        const outer = outerScope(scope, alias.scopes, offset);
        if (alias.sort === 'type') scope.types.push(at(outer.types, alias.index, 'type', offset));
        else if (alias.sort === 'core type') {
          scope.coreTypes.push(at(outer.coreTypes, alias.index, 'core type', offset));
        } else invalid(`An interface type cannot alias a ${alias.sort}`, offset);
        return;
      }
      if (alias.from === 'core-export') invalid('An interface type cannot alias a core export', offset);
      const found = exportedBy(at(scope.instances, alias.instance, 'instance', offset), alias, offset);
      if (found.sort === 'type') scope.types.push(found.type);
      else if (found.sort === 'instance') scope.instances.push(found.instance);
      else invalid(`An interface type cannot alias a ${alias.sort}`, offset);
      return;
    }
    case 'import':
      return;
    case 'export': {
      claimName(names, 'export', declaration.name, offset);
      const entity = provide(declaration.name, resolveExtern(declaration.type, scope, offset), offset);
      exports.set(declaration.name, entity);
      if (entity.sort === 'type') scope.types.push(entity.type);
      else if (entity.sort === 'instance') scope.instances.push(entity.instance);
      return;
    }
  }
}
