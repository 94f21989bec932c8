import { evaluateInterface } from '../types/interfaces.ts';
import type { Wanted } from '../types/interfaces.ts';
import type { Entity } from '../types/entities.ts';
import { equalFuncTypes, equalValueTypes } from '../types/match.ts';
import { invalid, unsupported } from '../types/resolve.ts';
import type { CompiledModule } from './plan.ts';
import { spend } from './planner.ts';
import type { Planner } from './planner.ts';

/** Makes what the host is to serve under a name: of the world itself, or of one of its interfaces. */
export function provideFromHost(
  planner: Planner,
  within: string | undefined,
  name: string,
  wanted: Wanted,
  offset: number,
): Entity {
  switch (wanted.sort) {
    case 'func': {
      const index = planner.hostFunctions.push({ interface: within, name }) - 1;
      return { sort: 'func', func: { type: wanted.type, weight: wanted.weight, from: 'host', index } };
    }
    case 'type': {
      if (wanted.type !== undefined) return { sort: 'type', type: wanted.type };
      const slot = planner.resources.push({ name, from: 'host', interface: within, owner: undefined }) - 1;
      return { sort: 'type', type: { kind: 'resource', slot } };
    }
    case 'instance': {
      if (within !== undefined) {
        unsupported(
          `The import ${JSON.stringify(within)} holds an instance, which hosts cannot serve`,
          offset,
        );
      }
      const exports = evaluateInterface(wanted.syntax, wanted.scope, (inner, type, at) =>
        provideFromHost(planner, name, inner, type, at),
      );
      return { sort: 'instance', instance: { exports } };
    }
    default:
      return unsupported(
        `The import ${JSON.stringify(name)} is a ${wanted.sort}, which hosts cannot serve`,
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
      if (!equalFuncTypes(wanted.type, func.type)) invalid(`${what} is a function of another type`, offset);
      break;
    }
    case 'type':
      if (!isTypeFit(planner, wanted, actual as Extract<Entity, { sort: 'type' }>, offset)) {
        invalid(`${what} is another type than the one that is needed`, offset);
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
      checkModule(planner.modules[(actual as { module: number }).module]!, wanted, what, offset);
      break;
  }
  return actual;
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

function checkModule(
  module: CompiledModule,
  wanted: Extract<Wanted, { sort: 'core module' }>,
  what: string,
  offset: number,
): void {
  for (const { module: from, name, kind } of module.imports) {
    if (
      !wanted.type.imports.some((item) => item.module === from && item.name === name && item.kind === kind)
    ) {
      invalid(`${what} is a module that also imports ${JSON.stringify(`${from} ${name}`)}`, offset);
    }
  }
  for (const { name, kind } of wanted.type.exports) {
    if (module.exports.get(name) !== kind)
      invalid(`${what} is a module without the ${kind} ${JSON.stringify(name)}`, offset);
  }
}
