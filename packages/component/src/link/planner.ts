import { ComponentError } from '../api.ts';
import type { CoreSignature, Definition, ModuleInterface } from '../binary/syntax.ts';
import type { CoreReference, Scope } from '../types/entities.ts';
import type {
  AdapterPlan,
  CompiledModule,
  HostItemPlan,
  HostModulePlan,
  ResourcePlan,
  Step,
} from './plan.ts';

/**
 * Most work that planning may take: parts of types looked at, definitions evaluated. A component of a few kilobytes
 * can ask for instances of instances without end.
 */
const maxWork = 10_000_000;
const maxInstances = 1_000;

/** What planning has come to so far. */
export interface Planner {
  /** Those of the file, and behind them those of the host. */
  readonly modules: (CompiledModule | HostModulePlan)[];
  /** What a module imports and exports, with types, by its number. */
  readonly typesOf: (module: number) => ModuleInterface;
  readonly moduleNumbers: ReadonlyMap<Definition, number>;
  readonly steps: Step[];
  readonly contexts: (number | undefined)[];
  readonly resources: ResourcePlan[];
  readonly hostFunctions: HostItemPlan[];
  readonly hostInstances: HostItemPlan[];
  /** Adapters planned but not made yet: they are made together, as late as possible. */
  pending: AdapterPlan[];
  /** The module of each core instance that one makes. */
  readonly coreInstances: number[];
  /** The signature of each canonical core function; undefined where nothing is known of it. */
  readonly canonicals: (CoreSignature | undefined)[];
  lifts: number;
  instances: number;
  work: number;
}

/** A component instance being planned. */
export interface Site {
  readonly scope: Scope;
  /** The number of its context; undefined where it has no need of one. */
  readonly context: number | undefined;
}

export function createPlanner(
  modules: readonly CompiledModule[],
  moduleNumbers: ReadonlyMap<Definition, number>,
  readTypes: (module: number) => ModuleInterface,
): Planner {
  const all: (CompiledModule | HostModulePlan)[] = [...modules];
  const read = new Map<number, ModuleInterface>();
  return {
    modules: all,
    typesOf(number) {
      const module = all[number]!;
      if ('host' in module) return module.type;
      let types = read.get(number);
      if (types === undefined) read.set(number, (types = readTypes(number)));
      return types;
    },
    moduleNumbers,
    steps: [],
    contexts: [],
    resources: [],
    hostFunctions: [],
    hostInstances: [],
    pending: [],
    coreInstances: [],
    canonicals: [],
    lifts: 0,
    instances: 0,
    work: 0,
  };
}

/** Counts work. @throws {ComponentError} `unsupported` where it is too much */
export function spend(planner: Planner, work: number, offset: number): void {
  planner.work += work;
  if (planner.work > maxWork) {
    throw new ComponentError('unsupported', `The component is too complex to link (at byte ${offset})`, {
      offset,
    });
  }
}

export function countInstance(planner: Planner, offset: number): void {
  planner.instances += 1;
  if (planner.instances > maxInstances) {
    throw new ComponentError(
      'unsupported',
      `More than ${maxInstances} component instances (at byte ${offset})`,
      {
        offset,
      },
    );
  }
}

/** Sees to it that the adapters that `references` stand for are made before the next step. */
export function settle(planner: Planner, references: Iterable<CoreReference | undefined>): void {
  if (planner.pending.length === 0) return;
  const first = planner.pending[0]!.index;
  for (const reference of references) {
    if (reference?.from !== 'canonical' || reference.index < first) continue;
    planner.steps.push({ kind: 'adapters', adapters: planner.pending });
    planner.pending = [];
    return;
  }
}
