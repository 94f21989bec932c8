export { renew, wasiImports } from './preview2/imports.ts';
export type { ByteSink, LineSink, WasiImports, WasiOptions } from './preview2/imports.ts';
export { Exit } from './system/exit.ts';
