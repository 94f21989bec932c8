/**
 * The WebAssembly JavaScript interface as far as the engine uses it, with JavaScript Promise Integration. TypeScript
 * has these types only in its DOM library, which a package without a browser or Node dependency does not load.
 */
declare namespace WebAssembly {
  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  type ExportValue = Function | Global | Memory | Table | Tag;
  type Imports = Record<string, Record<string, unknown>>;
  type Exports = Record<string, ExportValue>;

  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: ImportExportKind;
  }
  interface ModuleImportDescriptor extends ModuleExportDescriptor {
    readonly module: string;
  }

  class Module {
    constructor(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer);
    static exports(module: Module): ModuleExportDescriptor[];
    static imports(module: Module): ModuleImportDescriptor[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  interface MemoryDescriptor {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    /** A new object after each growth; the one before is detached. */
    readonly buffer: ArrayBuffer;
    /** @returns the number of pages before */
    grow(pages: number): number;
  }

  interface TableDescriptor {
    readonly element: 'anyfunc' | 'externref';
    readonly initial: number;
    readonly maximum?: number;
  }
  class Table {
    constructor(descriptor: TableDescriptor, value?: unknown);
    readonly length: number;
    get(index: number): any;
    set(index: number, value?: unknown): void;
    grow(count: number, value?: unknown): number;
  }

  interface GlobalDescriptor {
    readonly value: ValueType;
    readonly mutable?: boolean;
  }
  class Global<T = any> {
    constructor(descriptor: GlobalDescriptor, value?: T);
    value: T;
    valueOf(): T;
  }

  class Tag {
    readonly [Symbol.toStringTag]: string;
    constructor(type: { readonly parameters: readonly ValueType[] });
  }
  class Exception {
    constructor(tag: Tag, payload: readonly unknown[]);
    is(tag: Tag): boolean;
    getArg(tag: Tag, index: number): unknown;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  /** Thrown where code would have to wait but cannot: no `promising` call below, or a JavaScript frame between. */
  class SuspendError extends Error {}

  /** As an import: where the function gives a promise, the WebAssembly stack waits for it. */
  class Suspending {
    readonly [Symbol.toStringTag]: string;
    constructor(call: (...args: any[]) => unknown);
  }
  /** Wraps an exported function so that it may wait: the result is a promise. */
  function promising(exported: Function): (...args: any[]) => Promise<any>;

  function validate(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean;
  function compile(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
