/**
 * A plan: what to do, in order, to make one instance of a component. Made once; all that does not depend on the
 * instance (types, lifting and lowering, who is connected to whom) is settled in it.
 */
import type { LiftPlan, LowerPlan, TaskReturnPlan } from '../abi/model.ts';
import type { ExternDescription } from '../api.ts';
import type { CoreModule } from './core-module.ts';
import type { CoreSort, ModuleInterface } from '../binary/syntax.ts';
import type { ModuleShape } from '../core/model.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { CoreReference } from '../types/entities.ts';
import type { World } from '../world.ts';

/** A core module, compiled. Its imports and exports are those that the guest knows of. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape | undefined;
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: CoreSort }[];
  readonly exports: ReadonlyMap<string, CoreSort>;
  /** What it has that keeps an instance from being put back. */
  readonly lasting: string | undefined;
  /** Whether marks tell of all that it writes to memory. */
  readonly noted: boolean;
}

/** A resource type: the host's, with the interface that it belongs to, or one of a component instance. */
export interface ResourcePlan {
  name: string;
  readonly from: 'host' | 'guest';
  /** Of the host's: the interface that it belongs to, and those around it from the outside in; none: the world. */
  readonly path: readonly string[];
  /** Of a guest's: the number of its component instance. */
  readonly owner: number | undefined;
}

/** What the host is to serve: its name, and the interfaces around it from the outside in; none: the world imports it. */
export interface HostItemPlan {
  readonly path: readonly string[];
  readonly name: string;
}

/** A core module that the host is to serve. Its imports and exports are those that the component speaks of. */
export interface HostModulePlan extends Pick<CompiledModule, 'imports' | 'exports' | 'lasting'> {
  readonly host: HostItemPlan;
  readonly type: ModuleInterface;
}

/** Where the canonical options of a function come from. */
export interface BindingsPlan {
  readonly memory: CoreReference | undefined;
  readonly realloc: CoreReference | undefined;
  readonly postReturn: CoreReference | undefined;
  readonly callback: CoreReference | undefined;
}

/** A function as a callee: lifted, or the host's, by its number. */
export interface CalleeReference {
  readonly from: 'lift' | 'host';
  readonly index: number;
}

/** A core function that goes through an adapter, since what it stands for may have to wait. */
export type AdapterPlan = { readonly index: number; readonly context: number } & (
  | {
      readonly kind: 'lower';
      readonly plan: LowerPlan;
      readonly bindings: BindingsPlan;
      readonly callee: CalleeReference;
    }
  | { readonly kind: 'resource.drop'; readonly resource: number }
);

/** A core function that answers at once. */
export type CanonicalPlan =
  | { readonly kind: 'resource.new' | 'resource.rep'; readonly resource: number }
  | { readonly kind: 'task.return'; readonly plan: TaskReturnPlan; readonly bindings: BindingsPlan }
  | { readonly kind: 'context.get' | 'context.set'; readonly slot: number }
  | { readonly kind: 'unsupported'; readonly name: string };

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly reference: CoreReference;
}

export type Step =
  | {
      readonly kind: 'instantiate';
      readonly instance: number;
      readonly module: number;
      readonly imports: readonly ModuleImport[];
    }
  | { readonly kind: 'adapters'; readonly adapters: readonly AdapterPlan[] }
  | {
      readonly kind: 'canonical';
      readonly index: number;
      readonly context: number;
      readonly canonical: CanonicalPlan;
    }
  | {
      readonly kind: 'lift';
      readonly index: number;
      readonly context: number;
      readonly plan: LiftPlan;
      readonly core: CoreReference;
      readonly bindings: BindingsPlan;
    }
  | { readonly kind: 'destructor'; readonly resource: number; readonly core: CoreReference }
  | { readonly kind: 'start'; readonly func: CalleeReference };

export interface Plan {
  readonly modules: readonly (CompiledModule | HostModulePlan)[];
  /** For each component instance the number of the one in which it was made. */
  readonly contexts: readonly (number | undefined)[];
  readonly resources: readonly ResourcePlan[];
  readonly hostFunctions: readonly HostItemPlan[];
  /** Interfaces of the host, and those inside them. */
  readonly hostInstances: readonly HostItemPlan[];
  readonly steps: readonly Step[];
  /** Functions to call, by `name` or `interface#name`. */
  readonly functions: ReadonlyMap<string, CalleeReference>;
  /** Core modules that it exports, by the same names; a number is that of a module of the host. */
  readonly exportedModules: ReadonlyMap<string, CoreModule | number>;
  readonly imports: readonly ExternDescription[];
  readonly exports: readonly ExternDescription[];
  /** Describes all of that in full. */
  readonly inspect: () => World;
  /** State after instantiation, by the limit of memory. Filled as instances are made. */
  readonly snapshots: Map<number, Snapshot>;
}
