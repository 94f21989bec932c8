import type { HostCallee } from '../abi/model.ts';
import { ComponentError } from '../api.ts';
import type { HostFunction, HostImports } from '../api.ts';
import { findModuleMisfit } from '../types/modules.ts';
import { indexByTrack, versionTrack } from '../types/versions.ts';
import { CoreModule } from './core-module.ts';
import type { CompiledModule, HostItemPlan, HostModulePlan, Plan } from './plan.ts';

/** Finds what the host serves under names of imports, where versions may differ as far as they are compatible. */
class HostNames {
  readonly #imports: HostImports;
  #tracks: Map<string, string> | undefined;

  constructor(imports: HostImports) {
    this.#imports = imports;
  }

  find(name: string): unknown {
    if (Object.hasOwn(this.#imports, name)) return this.#imports[name];
    const track = versionTrack(name);
    if (track === undefined) return undefined;
    this.#tracks ??= indexByTrack(Object.keys(this.#imports));
    const compatible = this.#tracks.get(track);
    return compatible === undefined ? undefined : this.#imports[compatible];
  }

  /** @returns what is there, or the name of what is missing: the whole interface, or one item of it */
  follow({ path, name }: HostItemPlan): { readonly found: unknown } | { readonly missing: string } {
    const [first = name, ...inside] = [...path, name];
    let found = this.find(first);
    let label = first;
    for (const [depth, key] of inside.entries()) {
      if (found === undefined) return { missing: label };
      if (sortOf(found) !== 'instance') refuse(label, 'an object of functions', 'instance', found);
      found = memberOf(found as Readonly<Record<string, unknown>>, key);
      label = nameOf({ path: path.slice(0, depth + 1), name: key });
    }
    return found === undefined ? { missing: label } : { found };
  }
}

export interface HostBindings {
  readonly callees: readonly HostCallee[];
  /** What hears of the end of each resource, by its slot. */
  readonly drops: readonly (HostFunction | undefined)[];
  /** All modules of the plan, where those of the host have become what it gave. */
  readonly modules: readonly CompiledModule[];
  /** Those of the host, by their number. */
  readonly given: ReadonlyMap<number, CoreModule>;
}

/**
 * Looks up all that a component imports.
 *
 * @throws {ComponentError} `missing-import` with everything that is missing; `link` where something does not fit
 */
export function bindHost(plan: Plan, imports: HostImports): HostBindings {
  const names = new HostNames(imports);
  const missing = new Set<string>();
  const look = <T>(wanted: HostItemPlan, bind: (found: unknown) => T): T | undefined => {
    const result = names.follow(wanted);
    if ('found' in result) return bind(result.found);
    missing.add(result.missing);
    return undefined;
  };
  for (const wanted of plan.hostInstances) {
    // An interface of which nothing is needed need not be there.
    const result = names.follow(wanted);
    if ('found' in result && sortOf(result.found) !== 'instance')
      refuse(nameOf(wanted), 'an object of functions', 'instance', result.found);
  }
  const callees = plan.hostFunctions.map((wanted): HostCallee => {
    const name = nameOf(wanted);
    const call = look(wanted, (found) => asFunction(found, name));
    return { kind: 'host', name, call: call as HostFunction };
  });
  const given = new Map<number, CoreModule>();
  const modules = plan.modules.map((module, number) => {
    if (!('host' in module)) return module;
    const found = look(module.host, (item) => asModule(item, module));
    if (found !== undefined) given.set(number, found);
    return found && CoreModule.open(found).compiled;
  });
  if (missing.size > 0) {
    const list = [...missing];
    throw new ComponentError(
      'missing-import',
      `The component imports what nobody serves: ${list.join(', ')} was not found.`,
      { imports: list },
    );
  }
  const drops = plan.resources.map(({ from, name, path }) => {
    if (from !== 'host') return undefined;
    const result = names.follow({ path, name: `[drop]${name}` });
    return 'found' in result ? (result.found as HostFunction) : undefined;
  });
  return { callees, drops, modules: modules as CompiledModule[], given };
}

function nameOf({ path, name }: HostItemPlan): string {
  return [...path, name].join('#');
}

/** What every object has by birth (`constructor`) is not served by that alone. */
function memberOf(served: Readonly<Record<string, unknown>>, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(served, name) ? undefined : served[name];
}

function asFunction(found: unknown, name: string): HostFunction {
  if (typeof found === 'function') return found as HostFunction;
  return refuse(name, 'a function', 'function', found);
}

function asModule(found: unknown, { host, type }: HostModulePlan): CoreModule {
  if (!(found instanceof CoreModule)) refuse(nameOf(host), 'a core module', 'module', found);
  const problem = findModuleMisfit(type, CoreModule.open(found).types);
  if (problem === undefined) return found;
  throw new ComponentError(
    'link',
    `The core module that is given for ${nameOf(host)} does not fit: ${problem}.`,
  );
}

function refuse(name: string, needed: string, wanted: string, found: unknown): never {
  const sort = sortOf(found);
  throw new ComponentError(
    'link',
    `The import ${name} needs ${needed}: expected ${wanted} found ${sort === 'function' ? 'func' : sort}.`,
  );
}

function sortOf(found: unknown): string {
  if (found instanceof CoreModule) return 'module';
  if (typeof found === 'function') return 'function';
  if (typeof found === 'object' && found !== null) return 'instance';
  return found === null ? 'null' : `a ${typeof found}`;
}
