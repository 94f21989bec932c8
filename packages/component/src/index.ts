import type { CompileOptions, Component } from './api.ts';
import { decodeComponent } from './binary/decode.ts';
import { instantiatePlan } from './link/instantiate.ts';
import { compileCoreModule, compileModules } from './link/modules.ts';
import type { CoreModule } from './link/core-module.ts';
import { planComponent } from './link/root.ts';

export * from './api.ts';
export type * from './world.ts';
export type { CoreModule } from './link/core-module.ts';
export { GuestResource } from './runtime/guest-resource.ts';
export { isTrap } from './runtime/trap.ts';

/**
 * Decodes a component, validates and compiles its core modules, and plans how its instances are put together.
 *
 * @throws {ComponentError} `not-wasm`, `core-module`, `malformed`, `invalid` or `unsupported`, with the byte offset
 */
export async function compile(bytes: Uint8Array, options: CompileOptions = {}): Promise<Component> {
  const syntax = decodeComponent(bytes);
  const { modules, numbers, readTypes } = await compileModules(bytes, syntax, options);
  const plan = planComponent(syntax, modules, numbers, readTypes);
  return {
    imports: plan.imports,
    exports: plan.exports,
    inspect: plan.inspect,
    instantiate: (imports, instantiateOptions = {}) => instantiatePlan(plan, imports, instantiateOptions),
  };
}

/**
 * Validates and compiles a core module, to be given to components that import one (`core module`). Limits hold for it as
 * for the component's own.
 *
 * @throws {ComponentError} `invalid` or `unsupported`, with the byte offset
 */
export async function compileModule(bytes: Uint8Array, options: CompileOptions = {}): Promise<CoreModule> {
  return compileCoreModule(bytes, options);
}
