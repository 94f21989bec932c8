/**
 * Core modules without a component around them, under the same limits, lock and traps: `@spiderlightning/component/core`.
 */
export { compileModule, ComponentError, isTrap } from './index.ts';
export type {
  CallOptions,
  CompileOptions,
  ComponentErrorCode,
  CoreModule,
  MaybePromise,
  ModuleCache,
  Trap,
  TrapCode,
} from './index.ts';
export type * from './core-api.ts';
export { instantiateModule } from './link/core-root.ts';
export { makeTrap } from './runtime/trap.ts';
