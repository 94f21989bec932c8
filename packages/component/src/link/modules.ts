import { ComponentError } from '../api.ts';
import type { ComponentSyntax, CoreSort, Definition, ModuleInterface } from '../binary/syntax.ts';
import type { PrepareOptions } from '../core/model.ts';
import { readModuleInterface } from '../core/module-interface.ts';
import { prepareModule } from '../core/prepare.ts';
import { CoreModule } from './core-module.ts';
import type { CompiledModule } from './plan.ts';

const sorts: Record<WebAssembly.ImportExportKind, CoreSort> = {
  function: 'func',
  table: 'table',
  memory: 'memory',
  global: 'global',
  tag: 'tag',
};

export interface CompiledModules {
  readonly modules: CompiledModule[];
  /** The number of each module by its definition. */
  readonly numbers: Map<Definition, number>;
  /** Reads what a module imports and exports, which most components never need. */
  readonly readTypes: (number: number) => ModuleInterface;
}

/**
 * Compiles all core modules of a component, those of nested components too.
 *
 * @throws {ComponentError} `invalid`, `unsupported`, with the offset of the module
 */
export async function compileModules(
  bytes: Uint8Array,
  syntax: ComponentSyntax,
  options: PrepareOptions,
): Promise<CompiledModules> {
  const definitions = [...listModules(syntax)];
  const numbers = new Map<Definition, number>(definitions.map((definition, number) => [definition, number]));
  const modules = await Promise.all(
    definitions.map(({ start, end }) => compileModule(bytes.slice(start, end), start, options)),
  );
  const readTypes = (number: number): ModuleInterface => {
    const { start, end } = definitions[number]!;
    return readModuleInterface(bytes.slice(start, end));
  };
  return { modules, numbers, readTypes };
}

/**
 * Compiles a core module by itself, to be given to components that import one.
 *
 * @throws {ComponentError} `invalid`, `unsupported`
 */
export async function compileCoreModule(bytes: Uint8Array, options: PrepareOptions): Promise<CoreModule> {
  const compiled = await compileModule(bytes, 0, options);
  return new CoreModule(compiled, readModuleInterface(bytes));
}

function* listModules(syntax: ComponentSyntax): Generator<Extract<Definition, { kind: 'core-module' }>> {
  for (const definition of syntax.definitions) {
    if (definition.kind === 'core-module') yield definition;
    else if (definition.kind === 'component') yield* listModules(definition.component);
  }
}

async function compileModule(
  bytes: Uint8Array,
  offset: number,
  options: PrepareOptions,
): Promise<CompiledModule> {
  try {
    const prepared = await prepareModule(bytes, options);
    const module = await WebAssembly.compile(prepared.bytes as Uint8Array<ArrayBuffer>);
    const lasting =
      options.limits === false
        ? 'no limits, and without them nothing of it can be kept'
        : prepared.shape?.lasting;
    // One that is as it was has no stores, or was to be left as it is.
    const noted = prepared.shape?.noted ?? options.noteStores === true;
    return { ...describeModule(module, prepared.shape), lasting, noted };
  } catch (error) {
    if (error instanceof ComponentError) {
      const where = error.offset === undefined ? offset : offset + error.offset;
      throw new ComponentError(error.code, `${error.message} (in the core module at byte ${offset})`, {
        offset: where,
        cause: error,
      });
    }
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new ComponentError('invalid', `The core module at byte ${offset} is not valid: ${error.message}`, {
      offset,
      cause: error,
    });
  }
}

function describeModule(
  module: WebAssembly.Module,
  shape: CompiledModule['shape'],
): Omit<CompiledModule, 'lasting' | 'noted'> {
  const isOurs = (name: string): boolean => shape !== undefined && name.startsWith(`${shape.prefix}/`);
  const imports = WebAssembly.Module.imports(module)
    .filter((item) => item.module !== shape?.prefix)
    .map((item) => ({ module: item.module, name: item.name, kind: sorts[item.kind] }));
  const exports = new Map<string, CoreSort>();
  for (const { name, kind } of WebAssembly.Module.exports(module)) {
    if (!isOurs(name)) exports.set(name, sorts[kind]);
  }
  return { module, shape, imports, exports };
}
