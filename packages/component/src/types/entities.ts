/**
 * What the indices of a component stand for while it is planned. Everything that is known before there is an instance
 * is resolved here; what is not, is a number: of a core instance, a canonical function, a lifted function, a resource.
 */
import type { FuncType, ValueType } from '../abi/model.ts';
import type {
  ComponentSyntax,
  CoreSort,
  CoreSubType,
  InterfaceTypeSyntax,
  ModuleInterface,
} from '../binary/syntax.ts';

export interface ValueEntity {
  readonly kind: 'value';
  readonly type: ValueType;
  /** How many nodes the type has when written out, and how deep they nest. */
  readonly weight: number;
  readonly depth: number;
  /** Whether a borrowed resource is in it. */
  readonly borrows: boolean;
}

export type TypeEntity =
  | ValueEntity
  | { readonly kind: 'func'; readonly type: FuncType; readonly weight: number }
  | { readonly kind: 'resource'; readonly slot: number }
  | { readonly kind: 'interface'; readonly syntax: InterfaceTypeSyntax; readonly scope: Scope };

export type CoreTypeEntity = CoreSubType | ({ readonly kind: 'module' } & ModuleInterface);

/** Where a component-level function comes from: the lift or the host function with that number. */
export interface FuncEntity {
  readonly type: FuncType;
  readonly weight: number;
  readonly from: 'lift' | 'host';
  readonly index: number;
}

/** A definition of a core instance. */
export type CoreReference =
  | { readonly from: 'export'; readonly instance: number; readonly name: string }
  | { readonly from: 'canonical'; readonly index: number };

export interface CoreEntity {
  readonly sort: CoreSort;
  readonly reference: CoreReference;
}

/** A core instance: one that a module makes, or one put together from definitions. */
export type CoreInstanceEntity =
  | { readonly kind: 'module'; readonly index: number; readonly exports: ReadonlyMap<string, CoreSort> }
  | { readonly kind: 'inline'; readonly exports: ReadonlyMap<string, CoreEntity> };

export interface InstanceEntity {
  readonly exports: ReadonlyMap<string, Entity>;
}

/** A component with the scope in which it was defined. */
export interface ComponentEntity {
  readonly syntax: ComponentSyntax;
  readonly scope: Scope | undefined;
}

export type Entity =
  | { readonly sort: 'func'; readonly func: FuncEntity }
  | { readonly sort: 'type'; readonly type: TypeEntity }
  | { readonly sort: 'instance'; readonly instance: InstanceEntity }
  | { readonly sort: 'component'; readonly component: ComponentEntity }
  /** The number of a module, of this file or of the host. */
  | { readonly sort: 'core module'; readonly module: number };

/** The index spaces of one component instance, or of one interface type. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly types: TypeEntity[];
  readonly coreTypes: CoreTypeEntity[];
  readonly funcs: FuncEntity[];
  readonly instances: InstanceEntity[];
  readonly components: ComponentEntity[];
  readonly modules: number[];
  readonly coreInstances: CoreInstanceEntity[];
  readonly core: Record<'func' | 'table' | 'memory' | 'global' | 'tag', CoreReference[]>;
}

export function createScope(parent: Scope | undefined): Scope {
  return {
    parent,
    types: [],
    coreTypes: [],
    funcs: [],
    instances: [],
    components: [],
    modules: [],
    coreInstances: [],
    core: { func: [], table: [], memory: [], global: [], tag: [] },
  };
}
