/**
 * TypeScript to one WebAssembly component: bundle, check, componentize.
 * @module
 */
export { buildComponent } from './build.ts';
export type { BuildOptions, BuildResult, BuildStep } from './build.ts';
export { BuildFailure, formatBuildError } from './error.ts';
export type { BuildError } from './error.ts';
export { mapStack } from './source-map.ts';
export type { Place } from './source-map.ts';
