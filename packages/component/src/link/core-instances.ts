import type { Alias, Definition, NamedSortIndex } from '../binary/syntax.ts';
import type { CoreEntity, CoreInstanceEntity, CoreReference, Scope } from '../types/entities.ts';
import { at, invalid } from '../types/resolve.ts';
import type { ModuleImport } from './plan.ts';
import { settle } from './planner.ts';
import type { Planner } from './planner.ts';

/** Plans an instance of a core module, with its imports found among the arguments. */
export function defineCoreInstance(
  planner: Planner,
  scope: Scope,
  definition: Extract<Definition, { kind: 'core-instance' }>,
): void {
  const { offset } = definition;
  const module = at(scope.modules, definition.module, 'core module', offset);
  const args = new Map<string, CoreInstanceEntity>();
  for (const { name, instance } of definition.args) {
    if (args.has(name)) invalid(`The argument ${JSON.stringify(name)} is given twice`, offset);
    args.set(name, at(scope.coreInstances, instance, 'core instance', offset));
  }
  const compiled = planner.modules[module]!;
  const imports = compiled.imports.map(({ module: from, name, kind }): ModuleImport => {
    const label = JSON.stringify(`${from} ${name}`);
    const argument = args.get(from);
    if (argument === undefined) invalid(`A core module's import ${label} is not given an argument`, offset);
    const found = findCoreExport(argument, name);
    if (found === undefined) invalid(`A core module's import ${label} is not in its argument`, offset);
    if (found.sort !== kind)
      invalid(`A core module's import ${label} is given a ${found.sort}, not a ${kind}`, offset);
    return { module: from, name, reference: found.reference };
  });
  settle(
    planner,
    imports.map((item) => item.reference),
  );
  const instance = planner.coreInstances.push(module) - 1;
  planner.steps.push({ kind: 'instantiate', instance, module, imports });
  scope.coreInstances.push({ kind: 'module', index: instance, exports: compiled.exports });
}

export function defineInlineCoreInstance(
  scope: Scope,
  items: readonly NamedSortIndex[],
  offset: number,
): void {
  const exports = new Map<string, CoreEntity>();
  for (const { name, sort, index } of items) {
    if (exports.has(name)) invalid(`The core export ${JSON.stringify(name)} is given twice`, offset);
    const core = sort.slice('core '.length) as CoreEntity['sort'];
    if (!isItem(core)) invalid(`A ${sort} cannot be exported by a core instance`, offset);
    exports.set(name, { sort: core, reference: at(scope.core[core], index, core, offset) });
  }
  scope.coreInstances.push({ kind: 'inline', exports });
}

/** Enters an export of a core instance into the index space of its sort. */
export function aliasCoreExport(scope: Scope, alias: Alias & { from: 'core-export' }, offset: number): void {
  const instance = at(scope.coreInstances, alias.instance, 'core instance', offset);
  const found = findCoreExport(instance, alias.name);
  const where = `core instance ${alias.instance}`;
  if (found === undefined) invalid(`${where} has no export named \`${alias.name}\``, offset);
  if (`core ${found.sort}` !== alias.sort || !isItem(found.sort)) {
    const wanted = alias.sort.replace('core ', '');
    invalid(`export \`${alias.name}\` for ${where} is not a ${wanted}, but a ${found.sort}`, offset);
  }
  scope.core[found.sort].push(found.reference);
}

function isItem(sort: CoreEntity['sort']): sort is keyof Scope['core'] {
  return sort !== 'type' && sort !== 'module' && sort !== 'instance';
}

function findCoreExport(instance: CoreInstanceEntity, name: string): CoreEntity | undefined {
  if (instance.kind === 'inline') return instance.exports.get(name);
  const sort = instance.exports.get(name);
  if (sort === undefined) return undefined;
  const reference: CoreReference = { from: 'export', instance: instance.index, name };
  return { sort, reference };
}
