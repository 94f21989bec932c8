import type { CompileOptions, Component } from './api.ts';
import { decodeComponent } from './binary/decode.ts';
import { instantiatePlan } from './link/instantiate.ts';
import { compileModules } from './link/modules.ts';
import { planComponent } from './link/root.ts';

export * from './api.ts';
export { GuestResource } from './runtime/guest-resource.ts';
export { isTrap } from './runtime/trap.ts';

/**
 * Decodes a component, validates and compiles its core modules, and plans how its instances are put together.
 *
 * @throws {ComponentError} `not-wasm`, `core-module`, `malformed`, `invalid` or `unsupported`, with the byte offset
 */
export async function compile(bytes: Uint8Array, options: CompileOptions = {}): Promise<Component> {
  const syntax = decodeComponent(bytes);
  const { modules, numbers } = await compileModules(bytes, syntax, options);
  const plan = planComponent(syntax, modules, numbers);
  return {
    imports: plan.imports,
    exports: plan.exports,
    instantiate: (imports, instantiateOptions = {}) => instantiatePlan(plan, imports, instantiateOptions),
  };
}
