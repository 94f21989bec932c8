/**
 * A component as it is written down: definitions in their order, indices unresolved. Every definition keeps its byte
 * offset for messages.
 */
export type CoreSort = 'func' | 'table' | 'memory' | 'global' | 'tag' | 'type' | 'module' | 'instance';

/** What an index means. `core` sorts carry the prefix, so that one string names one index space. */
export type Sort = 'func' | 'value' | 'type' | 'component' | 'instance' | `core ${CoreSort}`;

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

export interface NamedSortIndex extends SortIndex {
  readonly name: string;
}

export interface CoreInstanceArgument {
  readonly name: string;
  readonly instance: number;
}

export type Alias =
  | { readonly from: 'export'; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly from: 'core-export'; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly from: 'outer'; readonly sort: Sort; readonly scopes: number; readonly index: number };

export type ExternType =
  | { readonly kind: 'module' | 'func' | 'component' | 'instance'; readonly type: number }
  | { readonly kind: 'value'; readonly type: ValueTypeRef }
  | { readonly kind: 'type'; readonly equals: number | undefined };

export type PrimitiveName =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string'
  | 'error-context';

/** A type index, or a primitive type by its name. */
export type ValueTypeRef = number | PrimitiveName;

export interface LabelledType {
  readonly label: string;
  readonly type: ValueTypeRef;
}

export interface LabelledCase {
  readonly label: string;
  readonly type: ValueTypeRef | undefined;
}

export type DefinedTypeSyntax =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'record'; readonly fields: readonly LabelledType[] }
  | { readonly kind: 'variant'; readonly cases: readonly LabelledCase[] }
  | { readonly kind: 'list'; readonly element: ValueTypeRef; readonly length: number | undefined }
  | { readonly kind: 'tuple'; readonly elements: readonly ValueTypeRef[] }
  | { readonly kind: 'flags' | 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly element: ValueTypeRef }
  | { readonly kind: 'result'; readonly ok: ValueTypeRef | undefined; readonly err: ValueTypeRef | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  | { readonly kind: 'stream' | 'future'; readonly element: ValueTypeRef | undefined }
  | { readonly kind: 'map'; readonly key: ValueTypeRef; readonly value: ValueTypeRef };

export interface FuncTypeSyntax {
  readonly kind: 'func';
  readonly async: boolean;
  readonly params: readonly LabelledType[];
  readonly result: ValueTypeRef | undefined;
}

export interface ResourceTypeSyntax {
  readonly kind: 'resource';
  readonly destructor: number | undefined;
}

/** A component type or an instance type: the declarations that say what is imported and exported. */
export interface InterfaceTypeSyntax {
  readonly kind: 'component' | 'instance';
  readonly declarations: readonly Declaration[];
}

export type TypeSyntax = DefinedTypeSyntax | FuncTypeSyntax | ResourceTypeSyntax | InterfaceTypeSyntax;

export type CoreValueType = string;

/** Parameters and results of a core function; a tag has no results. */
export interface CoreSignature {
  readonly params: readonly CoreValueType[];
  readonly results: readonly CoreValueType[];
}

/** A type of core WebAssembly. Those of objects are not told apart here. */
export type CoreSubType = ({ readonly kind: 'func' } & CoreSignature) | { readonly kind: 'object' };

export interface CoreLimits {
  readonly minimum: bigint;
  readonly maximum: bigint | undefined;
  readonly shared: boolean;
  /** Addressed by i64. */
  readonly wide: boolean;
  /** Its logarithm. */
  readonly pageSize: number;
}

/** The type of what a core module imports or exports; `Signature` is a number as long as it is not resolved. */
export type CoreExternType<Signature = CoreSignature> =
  | { readonly kind: 'func' | 'tag'; readonly type: Signature; readonly unknown?: undefined }
  | {
      readonly kind: 'table';
      readonly element: CoreValueType;
      readonly limits: CoreLimits;
      readonly unknown?: undefined;
    }
  | { readonly kind: 'memory'; readonly limits: CoreLimits; readonly unknown?: undefined }
  | {
      readonly kind: 'global';
      readonly content: CoreValueType;
      readonly mutable: boolean;
      readonly unknown?: undefined;
    }
  /** Of which only the kind could be made out. */
  | { readonly kind: CoreItemSort; readonly unknown: true };

export type CoreItemSort = 'func' | 'table' | 'memory' | 'global' | 'tag';

/** A type of a module type's own index space. */
export type ModuleLocalType =
  | CoreSubType
  | { readonly kind: 'outer'; readonly scopes: number; readonly index: number };

/** A module type, as it is written: types are named by their index. */
export interface CoreModuleType {
  readonly kind: 'module';
  readonly types: readonly ModuleLocalType[];
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
    readonly type: CoreExternType<number>;
  }[];
  readonly exports: readonly { readonly name: string; readonly type: CoreExternType<number> }[];
}

/** What a core module imports and exports. */
export interface ModuleInterface {
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
    readonly type: CoreExternType;
  }[];
  readonly exports: ReadonlyMap<string, CoreExternType>;
}

/** A definition of a core type: a group may define several. */
export type CoreTypeSyntax =
  | { readonly kind: 'group'; readonly types: readonly CoreSubType[] }
  | CoreModuleType;

export type Declaration = { readonly offset: number } & (
  | { readonly kind: 'core-type'; readonly type: CoreTypeSyntax }
  | { readonly kind: 'type'; readonly type: TypeSyntax }
  | { readonly kind: 'alias'; readonly alias: Alias }
  | { readonly kind: 'import' | 'export'; readonly name: string; readonly type: ExternType }
);

/** The options of a canonical function. Indices are of core functions and of a core memory. */
export interface CanonicalOptionsSyntax {
  readonly encoding: 'utf8' | 'utf16' | 'latin1+utf16';
  readonly memory: number | undefined;
  readonly realloc: number | undefined;
  readonly postReturn: number | undefined;
  readonly async: boolean;
  readonly callback: number | undefined;
}

export type Canonical =
  | {
      readonly kind: 'lift';
      readonly func: number;
      readonly options: CanonicalOptionsSyntax;
      readonly type: number;
    }
  | { readonly kind: 'lower'; readonly func: number; readonly options: CanonicalOptionsSyntax }
  | { readonly kind: 'resource.new' | 'resource.drop' | 'resource.rep'; readonly resource: number }
  | {
      readonly kind: 'task.return';
      readonly result: ValueTypeRef | undefined;
      readonly options: CanonicalOptionsSyntax;
    }
  | { readonly kind: 'context.get' | 'context.set'; readonly slot: number }
  | { readonly kind: 'builtin'; readonly name: string };

export type Definition = { readonly offset: number } & (
  | { readonly kind: 'core-module'; readonly start: number; readonly end: number }
  | {
      readonly kind: 'core-instance';
      readonly module: number;
      readonly args: readonly CoreInstanceArgument[];
    }
  | { readonly kind: 'core-instance-inline'; readonly exports: readonly NamedSortIndex[] }
  | { readonly kind: 'core-type'; readonly type: CoreTypeSyntax }
  | { readonly kind: 'component'; readonly component: ComponentSyntax }
  | { readonly kind: 'instance'; readonly component: number; readonly args: readonly NamedSortIndex[] }
  | { readonly kind: 'instance-inline'; readonly exports: readonly NamedSortIndex[] }
  | { readonly kind: 'alias'; readonly alias: Alias }
  | { readonly kind: 'type'; readonly type: TypeSyntax }
  | { readonly kind: 'canonical'; readonly canonical: Canonical }
  | {
      readonly kind: 'start';
      readonly func: number;
      readonly args: readonly number[];
      readonly results: number;
    }
  | { readonly kind: 'import'; readonly name: string; readonly type: ExternType }
  | {
      readonly kind: 'export';
      readonly name: string;
      readonly item: SortIndex;
      readonly type: ExternType | undefined;
    }
);

export interface ComponentSyntax {
  readonly definitions: readonly Definition[];
}
