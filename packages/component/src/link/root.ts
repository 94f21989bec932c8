import type { ComponentSyntax, Definition, ModuleInterface } from '../binary/syntax.ts';
import type { ExternDescription } from '../api.ts';
import type { Entity } from '../types/entities.ts';
import { planInstance } from './definitions.ts';
import { CoreModule } from './core-module.ts';
import { provideFromHost } from './imports.ts';
import type { CalleeReference, CompiledModule, Plan } from './plan.ts';
import { createPlanner } from './planner.ts';
import { describeWorld } from './world.ts';

/**
 * Plans a component whose core modules are compiled.
 *
 * @throws {ComponentError} `invalid` or `unsupported`, with the offset of the definition
 */
export function planComponent(
  syntax: ComponentSyntax,
  modules: readonly CompiledModule[],
  moduleNumbers: ReadonlyMap<Definition, number>,
  readTypes: (module: number) => ModuleInterface,
): Plan {
  const planner = createPlanner(modules, moduleNumbers, readTypes);
  const imports = new Map<string, Entity>();
  const { exports } = planInstance(
    planner,
    { syntax, scope: undefined },
    undefined,
    (name, wanted, offset) => {
      const entity = provideFromHost(planner, [], name, wanted, offset);
      imports.set(name, entity);
      return entity;
    },
    0,
  );
  const functions = new Map<string, CalleeReference>();
  const exportedModules = new Map<string, CoreModule | number>();
  const offer = (name: string, entity: Entity): void => {
    if (entity.sort === 'func') functions.set(name, entity.func);
    if (entity.sort !== 'core module') return;
    const module = planner.modules[entity.module]!;
    exportedModules.set(
      name,
      'host' in module ? entity.module : new CoreModule(module, planner.typesOf(entity.module)),
    );
  };
  for (const [name, entity] of exports) {
    offer(name, entity);
    if (entity.sort !== 'instance') continue;
    for (const [member, inner] of entity.instance.exports) offer(`${name}#${member}`, inner);
  }
  return {
    modules: planner.modules,
    contexts: planner.contexts,
    resources: planner.resources,
    hostFunctions: planner.hostFunctions,
    hostInstances: planner.hostInstances,
    steps: planner.steps,
    functions,
    exportedModules,
    imports: [...imports].map(([name, entity]) => describe(name, entity)),
    exports: [...exports].map(([name, entity]) => describe(name, entity)),
    inspect: () => describeWorld(planner, imports, exports),
    snapshots: new Map(),
  };
}

function describe(name: string, entity: Entity): ExternDescription {
  switch (entity.sort) {
    case 'func':
      return { kind: 'func', name, async: entity.func.type.async };
    case 'instance': {
      const functions = [...entity.instance.exports].filter(([, inner]) => inner.sort === 'func');
      return { kind: 'instance', name, functions: functions.map(([member]) => member) };
    }
    case 'core module':
      return { kind: 'module', name };
    default:
      return { kind: entity.sort, name };
  }
}
