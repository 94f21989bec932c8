import type { ModuleInterface } from '../binary/syntax.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { ModuleDescription } from '../world.ts';
import type { CompiledModule } from './plan.ts';
import { describeModule } from './world.ts';

/** A core module as the linker sees it. */
export interface OpenModule {
  readonly compiled: CompiledModule;
  readonly types: ModuleInterface;
  /** State after its instantiation by itself, by the limit of memory. Filled as instances are made. */
  readonly snapshots: Map<number, Snapshot>;
}

/**
 * A core module, compiled, that a component can be given as an import (`core module`) or has as an export. Make one with
 * `compileModule`, or take it from `Instance.modules`. `@spiderlightning/component/core` runs it by itself.
 */
export class CoreModule {
  readonly #compiled: CompiledModule;
  readonly #types: ModuleInterface;
  readonly #snapshots = new Map<number, Snapshot>();

  constructor(compiled: CompiledModule, types: ModuleInterface) {
    this.#compiled = compiled;
    this.#types = types;
  }

  /** What it imports and exports: plain data, made anew each time. */
  inspect(): ModuleDescription {
    return describeModule(this.#types);
  }

  /** What is inside, for the linker. */
  static open(module: CoreModule): OpenModule {
    return { compiled: module.#compiled, types: module.#types, snapshots: module.#snapshots };
  }
}
