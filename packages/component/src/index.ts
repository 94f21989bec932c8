import type { CompileOptions, Component } from './api.ts';
import { decodeComponent } from './binary/decode.ts';
import type { PrepareOptions } from './core/model.ts';
import { instantiatePlan } from './link/instantiate.ts';
import { compileCoreModule, compileModules } from './link/modules.ts';
import type { CoreModule } from './link/core-module.ts';
import { planComponent } from './link/root.ts';
import { hostThread } from './platform/host-thread.ts';
import { measureWear } from './runtime/wear.ts';
import type { Wear } from './runtime/wear.ts';

export * from './api.ts';
export type * from './world.ts';
export type { CoreModule } from './link/core-module.ts';
export { GuestResource } from './runtime/guest-resource.ts';
export { isTrap } from './runtime/trap.ts';
export type { Wear } from './runtime/wear.ts';

/**
 * Decodes a component, validates and compiles its core modules, and plans how its instances are put together.
 *
 * @throws {ComponentError} `not-wasm`, `core-module`, `malformed`, `invalid` or `unsupported`, with the byte offset
 */
export async function compile(bytes: Uint8Array, options: CompileOptions = {}): Promise<Component> {
  const syntax = decodeComponent(bytes);
  const { modules, numbers, readTypes } = await compileModules(bytes, syntax, toPrepare(options));
  const plan = planComponent(syntax, modules, numbers, readTypes);
  return {
    imports: plan.imports,
    exports: plan.exports,
    inspect: plan.inspect,
    instantiate: (imports, instantiateOptions = {}) => instantiatePlan(plan, imports, instantiateOptions),
  };
}

function toPrepare({ limits, cache, restorable }: CompileOptions): PrepareOptions {
  return {
    ...(limits !== undefined && { limits }),
    ...(cache !== undefined && { cache }),
    ...(restorable !== undefined && { noteStores: restorable }),
  };
}

/**
 * Validates and compiles a core module, to be given to components that import one (`core module`). Limits hold for it as
 * for the component's own.
 *
 * @throws {ComponentError} `invalid` or `unsupported`, with the byte offset
 */
export async function compileModule(bytes: Uint8Array, options: CompileOptions = {}): Promise<CoreModule> {
  return compileCoreModule(bytes, toPrepare(options));
}

/**
 * Bounds the calls under way at once on this JavaScript thread, in all instances together, those that wait for the host
 * included; one more is refused (`busy`). Default 10,000: V8 aborts the process somewhat beyond that.
 */
export function limitCalls(most: number): void {
  hostThread().mostCalls = most;
}

/**
 * Says whether this process is worn: calls that overlap use up addresses, which V8 gives back to nobody. Look every few
 * seconds (it takes some 0.1 ms), and have another process take over once there is a reason to.
 *
 * @param instances how many instances there are at most at the same time
 */
export function readWear(instances: number): Wear {
  return measureWear(hostThread(), instances);
}
