import type { ModuleInterface } from '../binary/syntax.ts';
import type { CompiledModule } from './plan.ts';

/**
 * A core module, compiled, that a component can be given as an import (`core module`) or has as an export. Make one with
 * `compileModule`, or take it from `Instance.modules`.
 */
export class CoreModule {
  readonly #compiled: CompiledModule;
  readonly #types: ModuleInterface;

  constructor(compiled: CompiledModule, types: ModuleInterface) {
    this.#compiled = compiled;
    this.#types = types;
  }

  /** What is inside, for the linker. */
  static open(module: CoreModule): { readonly compiled: CompiledModule; readonly types: ModuleInterface } {
    return { compiled: module.#compiled, types: module.#types };
  }
}
