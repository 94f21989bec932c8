import type { ComponentSyntax, Definition } from '../binary/syntax.ts';
import type { ExternDescription } from '../api.ts';
import type { Entity } from '../types/entities.ts';
import { planInstance } from './definitions.ts';
import { provideFromHost } from './imports.ts';
import type { CalleeReference, CompiledModule, Plan } from './plan.ts';
import { createPlanner } from './planner.ts';

/**
 * Plans a component whose core modules are compiled.
 *
 * @throws {ComponentError} `invalid` or `unsupported`, with the offset of the definition
 */
export function planComponent(
  syntax: ComponentSyntax,
  modules: readonly CompiledModule[],
  moduleNumbers: ReadonlyMap<Definition, number>,
): Plan {
  const planner = createPlanner(modules, moduleNumbers);
  const imports: ExternDescription[] = [];
  const { exports } = planInstance(
    planner,
    { syntax, scope: undefined },
    undefined,
    (name, wanted, offset) => {
      const entity = provideFromHost(planner, undefined, name, wanted, offset);
      imports.push(describe(name, entity));
      return entity;
    },
    0,
  );
  const functions = new Map<string, CalleeReference>();
  for (const [name, entity] of exports) {
    if (entity.sort === 'func') functions.set(name, entity.func);
    if (entity.sort !== 'instance') continue;
    for (const [member, inner] of entity.instance.exports) {
      if (inner.sort === 'func') functions.set(`${name}#${member}`, inner.func);
    }
  }
  return {
    modules,
    contexts: planner.contexts,
    resources: planner.resources,
    hostFunctions: planner.hostFunctions,
    steps: planner.steps,
    functions,
    imports,
    exports: [...exports].map(([name, entity]) => describe(name, entity)),
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
