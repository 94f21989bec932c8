/** What a WIT file says, as plain data. `docs` is the text of its `///` lines, empty where there are none. */
export interface WitPackage {
  /** `spiderlightning:cloud` */
  readonly name: string;
  readonly version: string;
  readonly interfaces: readonly WitInterface[];
  readonly worlds: readonly WitWorld[];
}

export interface WitInterface {
  readonly name: string;
  readonly docs: string;
  /** Types taken from other interfaces. */
  readonly uses: readonly WitUse[];
  readonly types: readonly WitTypeDef[];
  readonly functions: readonly WitFunction[];
}

export interface WitUse {
  /** Name of the interface, as written (`types`, `wasi:io/streams@0.2.12`). */
  readonly from: string;
  readonly names: readonly { readonly name: string; readonly as: string }[];
}

export interface WitWorld {
  readonly name: string;
  readonly docs: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

export interface WitMember {
  readonly name: string;
  readonly docs: string;
}

export type WitTypeDef = WitMember &
  (
    | { readonly kind: 'record'; readonly fields: readonly (WitMember & { readonly type: WitType })[] }
    | { readonly kind: 'variant'; readonly cases: readonly (WitMember & { readonly type?: WitType })[] }
    | { readonly kind: 'enum' | 'flags'; readonly cases: readonly WitMember[] }
    | { readonly kind: 'resource'; readonly functions: readonly WitFunction[] }
    | { readonly kind: 'alias'; readonly type: WitType }
  );

export interface WitFunction extends WitMember {
  readonly kind: 'func' | 'static' | 'method' | 'constructor';
  readonly async: boolean;
  readonly params: readonly { readonly name: string; readonly type: WitType }[];
  readonly result?: WitType;
}

/** A named type or a primitive (`u8`, `string`) has no arguments; `_` in `result<_, error>` is the name `_`. */
export interface WitType {
  readonly name: string;
  readonly args: readonly WitType[];
}
