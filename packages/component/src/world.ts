/**
 * What `Component.inspect` gives: the world of a component as plain data, which `JSON.stringify` keeps as it is. Names
 * are as in WIT.
 */
export interface World {
  readonly imports: readonly WorldItem[];
  readonly exports: readonly WorldItem[];
}

/** What a world, or an interface in it, has under a name. */
export type WorldItem =
  | FunctionItem
  | InterfaceItem
  | TypeItem
  | ResourceItem
  | ModuleItem
  /** A component, of which no more is told. */
  | { readonly kind: 'component'; readonly name: string };

/** Methods are functions, too: `[method]store.get`, with `self` as the first parameter. */
export interface FunctionItem extends FunctionDescription {
  readonly name: string;
}

export interface FunctionDescription {
  readonly kind: 'func';
  readonly async: boolean;
  readonly params: readonly { readonly name: string; readonly type: TypeDescription }[];
  /** Not there: it gives nothing. */
  readonly result?: TypeDescription;
}

export interface InterfaceItem {
  readonly kind: 'interface';
  readonly name: string;
  readonly items: readonly WorldItem[];
}

/** A type with a name. One that was taken over from elsewhere is a `ref` to there. */
export interface TypeItem {
  readonly kind: 'type';
  readonly name: string;
  readonly type: TypeDescription;
}

/** A resource; with `ref`, one that was taken over from elsewhere. */
export interface ResourceItem {
  readonly kind: 'resource';
  readonly name: string;
  readonly ref?: TypeReference;
}

/** A core module. */
export interface ModuleItem extends ModuleDescription {
  readonly kind: 'module';
  readonly name: string;
}

/** Where a type or a resource stands that has a name. */
export interface TypeReference {
  readonly from: 'imports' | 'exports';
  /** Of an interface of another one, the names from the outside in, with `#` between; none: it is the world's own. */
  readonly interface?: string;
  readonly name: string;
}

export type TypeDescription =
  | {
      readonly kind:
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
    }
  /** With `length`: a list of exactly that many elements. */
  | { readonly kind: 'list'; readonly element: TypeDescription; readonly length?: number }
  | {
      readonly kind: 'record';
      readonly fields: readonly { readonly name: string; readonly type: TypeDescription }[];
    }
  | { readonly kind: 'tuple'; readonly types: readonly TypeDescription[] }
  | {
      readonly kind: 'variant';
      readonly cases: readonly { readonly name: string; readonly type?: TypeDescription }[];
    }
  | { readonly kind: 'enum' | 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'option'; readonly type: TypeDescription }
  | { readonly kind: 'result'; readonly ok?: TypeDescription; readonly err?: TypeDescription }
  | { readonly kind: 'own' | 'borrow'; readonly resource: TypeReference }
  | { readonly kind: 'stream' | 'future'; readonly element?: TypeDescription }
  /** The type that has that name there. */
  | { readonly kind: 'ref'; readonly ref: TypeReference }
  /** Where a type of functions, or of instances, has a name. */
  | FunctionDescription
  | { readonly kind: 'interface' };

/** What a core module imports and exports. */
export interface ModuleDescription {
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
    readonly type: CoreDescription;
  }[];
  readonly exports: readonly { readonly name: string; readonly type: CoreDescription }[];
}

/** Types of values are as in the text format, references written out: `i32`, `(ref null func)`. */
export type CoreDescription =
  | { readonly kind: 'func'; readonly params: readonly string[]; readonly results: readonly string[] }
  | { readonly kind: 'tag'; readonly params: readonly string[] }
  | ({ readonly kind: 'table'; readonly element: string } & CoreLimitsDescription)
  /** In pages. */
  | ({ readonly kind: 'memory'; readonly shared: boolean } & CoreLimitsDescription)
  | { readonly kind: 'global'; readonly content: string; readonly mutable: boolean }
  /** Of which only the kind could be made out. */
  | { readonly kind: 'func' | 'table' | 'memory' | 'global' | 'tag'; readonly unknown: true };

export interface CoreLimitsDescription {
  readonly minimum: number;
  readonly maximum?: number;
  readonly address: 'i32' | 'i64';
}
