import type { Alias, Definition, NamedSortIndex, Sort, SortIndex } from '../binary/syntax.ts';
import { createScope } from '../types/entities.ts';
import type { ComponentEntity, Entity, InstanceEntity, Scope } from '../types/entities.ts';
import { resolveExtern, resolveType } from '../types/interfaces.ts';
import type { Wanted } from '../types/interfaces.ts';
import { resolveCoreType } from '../types/modules.ts';
import { at, claimName, exportedBy, invalid, outerScope, unsupported } from '../types/resolve.ts';
import { defineCanonical } from './canonicals.ts';
import { aliasCoreExport, defineCoreInstance, defineInlineCoreInstance } from './core-instances.ts';
import { checkEntity } from './imports.ts';
import { countInstance, settle, spend } from './planner.ts';
import type { Planner, Site } from './planner.ts';
import { checkSignature, DESTRUCTOR } from './signatures.ts';

/** Says what a component's import is: the host's, or an argument of the component around it. */
export type Import = (name: string, wanted: Wanted, offset: number) => Entity;

/**
 * Plans one instance of a component.
 *
 * @param parent number of the nearest context around it
 * @returns what it exports
 */
export function planInstance(
  planner: Planner,
  component: ComponentEntity,
  parent: number | undefined,
  provide: Import,
  offset: number,
): InstanceEntity {
  countInstance(planner, offset);
  const { definitions } = component.syntax;
  const context = definitions.some(needsContext) ? planner.contexts.push(parent) - 1 : parent;
  const site: Site = { scope: createScope(component.scope), context };
  const exports = new Map<string, Entity>();
  const names = { import: new Map<string, string>(), export: new Map<string, string>() };
  for (const definition of definitions) {
    spend(planner, 1, definition.offset);
    define(planner, site, definition, provide, names, exports);
  }
  return { exports };
}

function needsContext(definition: Definition): boolean {
  return (
    definition.kind === 'canonical' || (definition.kind === 'type' && definition.type.kind === 'resource')
  );
}

function define(
  planner: Planner,
  site: Site,
  definition: Definition,
  provide: Import,
  names: { readonly import: Map<string, string>; readonly export: Map<string, string> },
  exports: Map<string, Entity>,
): void {
  const { scope } = site;
  const { offset } = definition;
  switch (definition.kind) {
    case 'core-module':
      scope.modules.push(planner.moduleNumbers.get(definition)!);
      return;
    case 'core-instance':
      return defineCoreInstance(planner, scope, definition);
    case 'core-instance-inline':
      return defineInlineCoreInstance(scope, definition.exports, offset);
    case 'core-type':
      scope.coreTypes.push(...resolveCoreType(definition.type, scope, offset));
      return;
    case 'component':
      scope.components.push({ syntax: definition.component, scope });
      return;
    case 'instance':
      scope.instances.push(defineInstance(planner, site, definition));
      return;
    case 'instance-inline':
      scope.instances.push({ exports: collect(scope, definition.exports, offset) });
      return;
    case 'alias':
      return defineAlias(scope, definition.alias, offset);
    case 'type':
      return defineType(planner, site, definition);
    case 'canonical':
      return defineCanonical(planner, site, definition.canonical, offset);
    case 'start': {
      const func = at(scope.funcs, definition.func, 'function', offset);
      if (definition.args.length > 0 || definition.results > 0 || func.type.params.length > 0) {
        unsupported('Start functions with arguments or results are not supported', offset);
      }
      settle(
        planner,
        planner.pending.length === 0 ? [] : [{ from: 'canonical', index: planner.pending[0]!.index }],
      );
      planner.steps.push({ kind: 'start', func });
      return;
    }
    case 'import': {
      claimName(names.import, 'import', definition.name, offset);
      enter(scope, provide(definition.name, resolveExtern(definition.type, scope, offset), offset));
      return;
    }
    case 'export': {
      const { name } = definition;
      claimName(names.export, 'export', name, offset);
      const entity = lookUp(scope, definition.item, offset);
      if (definition.type !== undefined) {
        const wanted = resolveExtern(definition.type, scope, offset);
        checkEntity(planner, wanted, entity, `The export ${JSON.stringify(name)}`, offset);
      }
      if (entity.sort === 'type' && entity.type.kind === 'resource')
        planner.resources[entity.type.slot]!.name = name;
      exports.set(name, entity);
      enter(scope, entity);
      return;
    }
  }
}

function defineType(planner: Planner, site: Site, definition: Extract<Definition, { kind: 'type' }>): void {
  const { type, offset } = definition;
  if (type.kind !== 'resource') {
    site.scope.types.push(resolveType(type, site.scope, offset));
    return;
  }
  const resource =
    planner.resources.push({ name: 'resource', from: 'guest', path: [], owner: site.context }) - 1;
  if (type.destructor !== undefined) {
    const core = at(site.scope.core.func, type.destructor, 'core function', offset);
    checkSignature(planner, core, DESTRUCTOR, 'wrong signature for a destructor', offset);
    settle(planner, [core]);
    planner.steps.push({ kind: 'destructor', resource, core });
  }
  site.scope.types.push({ kind: 'resource', slot: resource });
}

function defineInstance(
  planner: Planner,
  site: Site,
  definition: Extract<Definition, { kind: 'instance' }>,
): InstanceEntity {
  const { offset } = definition;
  const component = at(site.scope.components, definition.component, 'component', offset);
  const args = collect(site.scope, definition.args, offset);
  const provide: Import = (name, wanted, importOffset) => {
    const actual = args.get(name);
    if (actual === undefined)
      return invalid(`missing import named \`${name}\`: it is not given an argument`, offset);
    return checkEntity(planner, wanted, actual, `The argument ${JSON.stringify(name)}`, importOffset);
  };
  return planInstance(planner, component, site.context, provide, offset);
}

function collect(scope: Scope, items: readonly NamedSortIndex[], offset: number): Map<string, Entity> {
  const entities = new Map<string, Entity>();
  for (const item of items) {
    if (entities.has(item.name)) invalid(`The name ${JSON.stringify(item.name)} is given twice`, offset);
    entities.set(item.name, lookUp(scope, item, offset));
  }
  return entities;
}

function lookUp(scope: Scope, { sort, index }: SortIndex, offset: number): Entity {
  switch (sort) {
    case 'func':
      return { sort, func: at(scope.funcs, index, 'function', offset) };
    case 'type':
      return { sort, type: at(scope.types, index, 'type', offset) };
    case 'instance':
      return { sort, instance: at(scope.instances, index, 'instance', offset) };
    case 'component':
      return { sort, component: at(scope.components, index, 'component', offset) };
    case 'core module':
      return { sort, module: at(scope.modules, index, 'core module', offset) };
    default:
      return notAnEntity(sort, offset);
  }
}

function notAnEntity(sort: Sort, offset: number): never {
  if (sort === 'value') unsupported('Values as imports and exports are not supported', offset);
  invalid(`A ${sort} cannot be imported or exported by a component`, offset);
}

function enter(scope: Scope, entity: Entity): void {
  switch (entity.sort) {
    case 'func':
      scope.funcs.push(entity.func);
      return;
    case 'type':
      scope.types.push(entity.type);
      return;
    case 'instance':
      scope.instances.push(entity.instance);
      return;
    case 'component':
      scope.components.push(entity.component);
      return;
    case 'core module':
      scope.modules.push(entity.module);
      return;
  }
}

function defineAlias(scope: Scope, alias: Alias, offset: number): void {
  switch (alias.from) {
    case 'export':
      enter(scope, exportedBy(at(scope.instances, alias.instance, 'instance', offset), alias, offset));
      return;
    case 'core-export':
      aliasCoreExport(scope, alias, offset);
      return;
    case 'outer': {
      const outer = outerScope(scope, alias.scopes, offset);
      if (alias.sort === 'core type')
        scope.coreTypes.push(at(outer.coreTypes, alias.index, 'core type', offset));
      else if (alias.sort === 'type' || alias.sort === 'component' || alias.sort === 'core module') {
        enter(scope, lookUp(outer, { sort: alias.sort, index: alias.index }, offset));
      } else invalid(`A ${alias.sort} of an outer component cannot be aliased`, offset);
      return;
    }
  }
}
