import type { HostCallee } from '../abi/model.ts';
import { ComponentError } from '../api.ts';
import type { HostFunction, HostImports, HostInterface } from '../api.ts';
import { indexByTrack, versionTrack } from '../types/versions.ts';
import type { HostFunctionPlan, Plan, ResourcePlan } from './plan.ts';

/** Finds what the host serves under names of imports, where versions may differ as far as they are compatible. */
class HostNames {
  readonly #imports: HostImports;
  #tracks: Map<string, string> | undefined;

  constructor(imports: HostImports) {
    this.#imports = imports;
  }

  find(name: string): HostInterface | HostFunction | undefined {
    if (Object.hasOwn(this.#imports, name)) return this.#imports[name];
    const track = versionTrack(name);
    if (track === undefined) return undefined;
    this.#tracks ??= indexByTrack(Object.keys(this.#imports));
    const compatible = this.#tracks.get(track);
    return compatible === undefined ? undefined : this.#imports[compatible];
  }
}

export interface HostBindings {
  readonly callees: readonly HostCallee[];
  /** What hears of the end of each resource, by its slot. */
  readonly drops: readonly (HostFunction | undefined)[];
}

/**
 * Looks up all that a component imports.
 *
 * @throws {ComponentError} `missing-import` with everything that is missing; `link` where something is not a function
 */
export function bindHost(plan: Plan, imports: HostImports): HostBindings {
  const names = new HostNames(imports);
  const missing = new Set<string>();
  const callees = plan.hostFunctions.map((wanted): HostCallee => {
    const found = findFunction(names, wanted);
    if (typeof found === 'string') missing.add(found);
    return { kind: 'host', name: nameOf(wanted), call: found as HostFunction };
  });
  if (missing.size > 0) {
    const list = [...missing];
    throw new ComponentError(
      'missing-import',
      `The component imports what nobody serves: ${list.join(', ')}.`,
      {
        imports: list,
      },
    );
  }
  return { callees, drops: plan.resources.map((resource) => findDrop(names, resource)) };
}

function nameOf(wanted: HostFunctionPlan): string {
  return wanted.interface === undefined ? wanted.name : `${wanted.interface}#${wanted.name}`;
}

/** @returns the function, or the name of what is missing: the whole interface, or one function of it */
function findFunction(names: HostNames, wanted: HostFunctionPlan): HostFunction | string {
  if (wanted.interface === undefined) {
    const found = names.find(wanted.name);
    if (found === undefined) return wanted.name;
    return asFunction(found, wanted.name);
  }
  const found = names.find(wanted.interface);
  if (found === undefined) return wanted.interface;
  if (typeof found !== 'object' || found === null) {
    throw new ComponentError(
      'link',
      `The import ${wanted.interface} needs an object of functions, not a ${typeof found}.`,
    );
  }
  const member = memberOf(found as HostInterface, wanted.name);
  if (member === undefined) return nameOf(wanted);
  return asFunction(member, nameOf(wanted));
}

/** What every object has by birth (`constructor`) is not served by that alone. */
function memberOf(served: HostInterface, name: string): HostFunction | undefined {
  return name in Object.prototype && !Object.hasOwn(served, name) ? undefined : served[name];
}

function asFunction(value: unknown, name: string): HostFunction {
  if (typeof value === 'function') return value as HostFunction;
  throw new ComponentError(
    'link',
    `The import ${name} needs a function, not ${value === null ? 'null' : `a ${typeof value}`}.`,
  );
}

function findDrop(names: HostNames, resource: ResourcePlan): HostFunction | undefined {
  if (resource.from !== 'host') return undefined;
  const name = `[drop]${resource.name}`;
  if (resource.interface === undefined) return names.find(name) as HostFunction | undefined;
  return (names.find(resource.interface) as HostInterface | undefined)?.[name];
}
