import { evaluateInterface } from '../types/interfaces.ts';
import type { Wanted } from '../types/interfaces.ts';
import type { ModuleInterface } from '../binary/syntax.ts';
import { findModuleMisfit } from '../types/modules.ts';
import type { Entity, TypeEntity } from '../types/entities.ts';
import { equalFuncTypes, equalValueTypes } from '../types/match.ts';
import { invalid, unsupported } from '../types/resolve.ts';
import { compareFuncTypes, explain, writeType } from '../types/text.ts';
import type { NameResource } from '../types/text.ts';
import { spend } from './planner.ts';
import type { Planner } from './planner.ts';

/** Makes what the host is to serve under a name, inside of the interfaces of `path` or of the world itself. */
export function provideFromHost(
  planner: Planner,
  path: readonly string[],
  name: string,
  wanted: Wanted,
  offset: number,
): Entity {
  const host = { path, name };
  switch (wanted.sort) {
    case 'func': {
      const index = planner.hostFunctions.push(host) - 1;
      return { sort: 'func', func: { type: wanted.type, weight: wanted.weight, from: 'host', index } };
    }
    case 'type': {
      if (wanted.type !== undefined) return { sort: 'type', type: wanted.type };
      const slot = planner.resources.push({ name, from: 'host', path, owner: undefined }) - 1;
      return { sort: 'type', type: { kind: 'resource', slot } };
    }
    case 'instance': {
      planner.hostInstances.push(host);
      const inside = [...path, name];
      const exports = evaluateInterface(wanted.syntax, wanted.scope, (inner, type, at) =>
        provideFromHost(planner, inside, inner, type, at),
      );
      return { sort: 'instance', instance: { exports } };
    }
    case 'core module': {
      const { type } = wanted;
      const imports = type.imports.map((item) => ({ ...item, kind: item.type.kind }));
      const exports = new Map([...type.exports].map(([key, item]) => [key, item.kind] as const));
      const lasting = 'come from the host';
      return {
        sort: 'core module',
        module: planner.modules.push({ host, type, imports, exports, lasting }) - 1,
      };
    }
    case 'component':
      return unsupported(
        `The import ${JSON.stringify(name)} is a component: root-level component imports are not supported`,
        offset,
      );
  }
}

/** Checks that what is there is what is wanted, and gives it back. `what` names it in messages. */
export function checkEntity(
  planner: Planner,
  wanted: Wanted,
  actual: Entity,
  what: string,
  offset: number,
): Entity {
  spend(planner, 1, offset);
  if (wanted.sort !== actual.sort)
    invalid(`${what} is a ${actual.sort}, but a ${wanted.sort} is needed`, offset);
  switch (wanted.sort) {
    case 'func': {
      const { func } = actual as Extract<Entity, { sort: 'func' }>;
      spend(planner, Math.min(wanted.weight, func.weight), offset);
      if (!equalFuncTypes(wanted.type, func.type)) {
        const problem = compareFuncTypes(wanted.type, func.type, nameResource(planner));
        invalid(`${what} is a function of another type: ${problem}`, offset);
      }
      break;
    }
    case 'type':
      if (!isTypeFit(planner, wanted, actual as Extract<Entity, { sort: 'type' }>, offset)) {
        const { type } = actual as Extract<Entity, { sort: 'type' }>;
        invalid(
          `${what} is another type than the one that is needed: ${compareTypes(planner, wanted.type, type)}`,
          offset,
        );
      }
      break;
    case 'instance': {
      const { exports } = (actual as Extract<Entity, { sort: 'instance' }>).instance;
      evaluateInterface(wanted.syntax, wanted.scope, (name, inner, at) => {
        const found = exports.get(name);
        if (found === undefined) return invalid(`${what} lacks the export ${JSON.stringify(name)}`, at);
        return checkEntity(planner, inner, found, `${what}, export ${JSON.stringify(name)},`, at);
      });
      break;
    }
    case 'core module':
      checkModule(planner.typesOf((actual as { module: number }).module), wanted.type, what, offset);
      break;
  }
  return actual;
}

function nameResource({ resources }: Planner): NameResource {
  return (slot) => resources[slot]!.name;
}

function compareTypes(planner: Planner, wanted: TypeEntity | undefined, found: TypeEntity): string {
  const sort = (type: TypeEntity) =>
    type.kind === 'value' ? 'defined type' : type.kind === 'interface' ? 'instance type' : type.kind;
  if (wanted?.kind === 'value' && found.kind === 'value') {
    const [need, have] = [wanted, found].map(({ type }) => writeType(type, nameResource(planner)));
    return `${have}, not ${need}: ${explain(wanted.type, found.type)}`;
  }
  if (wanted?.kind === 'func' && found.kind === 'func')
    return compareFuncTypes(wanted.type, found.type, nameResource(planner));
  if (wanted?.kind === 'resource' && found.kind === 'resource')
    return `resource types are not the same (${[found, wanted].map(({ slot }) => nameResource(planner)(slot)).join(', not ')})`;
  return `expected ${wanted === undefined ? 'resource' : sort(wanted)}, found ${sort(found)}`;
}

function isTypeFit(
  planner: Planner,
  wanted: Extract<Wanted, { sort: 'type' }>,
  actual: Extract<Entity, { sort: 'type' }>,
  offset: number,
): boolean {
  const type = actual.type;
  if (wanted.type === undefined) return type.kind === 'resource';
  if (wanted.type.kind === 'value' && type.kind === 'value') {
    spend(planner, Math.min(wanted.type.weight, type.weight), offset);
    return equalValueTypes(wanted.type.type, type.type);
  }
  if (wanted.type.kind === 'func' && type.kind === 'func') {
    spend(planner, Math.min(wanted.type.weight, type.weight), offset);
    return equalFuncTypes(wanted.type.type, type.type);
  }
  if (wanted.type.kind === 'resource' && type.kind === 'resource') return wanted.type.slot === type.slot;
  return wanted.type.kind === type.kind;
}

function checkModule(actual: ModuleInterface, wanted: ModuleInterface, what: string, offset: number): void {
  const problem = findModuleMisfit(wanted, actual);
  if (problem !== undefined) invalid(`${what} is a module of another type: ${problem}`, offset);
}
