import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { makeComponent } from './componentize.ts';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { checkTypes } from './typecheck.ts';
import type { InterfaceName } from './world.ts';

export interface BuildOptions {
  /** The TypeScript or JavaScript file that exports the app. Relative paths start at the working directory. */
  readonly entry: string;
  /** Where the component goes; its source map goes beside it (`app.wasm.map`). Without it nothing is written. */
  readonly out?: string;
  /** Check types too, at the same time. Default true; it has no effect on a JavaScript entry. */
  readonly typecheck?: boolean;
  /** Milliseconds that evaluating the app's top level and making the component may take. Default 30,000. */
  readonly longestMs?: number;
  /** Hears of each step as it begins. */
  readonly onProgress?: (step: BuildStep) => void;
}

export type BuildStep = 'bundle' | 'check-types' | 'componentize' | 'write';

export interface BuildResult {
  /** The component. */
  readonly component: Uint8Array;
  /** Its source map, as JSON text. */
  readonly map: string;
  /** The interfaces that the app imports, sorted: what its host must grant. */
  readonly imports: readonly InterfaceName[];
  /** Absolute path of what was written. */
  readonly out: string | undefined;
  /** Size of the component in bytes. */
  readonly bytes: number;
  /** Size of the JavaScript in it, in bytes. */
  readonly bundleBytes: number;
  /** How long the whole build took, in milliseconds. */
  readonly ms: number;
  readonly warnings: readonly BuildError[];
}

/**
 * Makes one component of a TypeScript app.
 * @throws {BuildFailure} with everything that is wrong: types and bundle are judged in one go
 */
export async function buildComponent(options: BuildOptions): Promise<BuildResult> {
  const started = performance.now();
  const entry = resolve(options.entry);
  const out = options.out === undefined ? undefined : resolve(options.out);
  // Without an output the map is written as if the component lay beside its entry.
  const place = out ?? join(dirname(entry), `${basename(entry).replace(/\.[^.]*$/, '')}.wasm`);
  const progress = options.onProgress ?? (() => {});

  const withTypes = (options.typecheck ?? true) && /\.[cm]?tsx?$/.test(entry);
  const abort = new AbortController();
  if (withTypes) progress('check-types');
  const types = withTypes ? checkTypes(entry, abort.signal) : Promise.resolve([]);
  // Its failure is read below; meanwhile it must not count as unhandled.
  types.catch(() => {});

  try {
    progress('bundle');
    const bundled = await withTypeErrors(bundle(entry, place), types);
    progress('componentize');
    const component = await withTypeErrors(makeComponent(bundled, place, options.longestMs ?? 30_000), types);
    const errors = await types;
    if (errors.length > 0) throw new BuildFailure(errors);
    if (out !== undefined) {
      progress('write');
      await mkdir(dirname(out), { recursive: true });
      await Promise.all([writeFile(out, component), writeFile(`${out}.map`, bundled.map)]);
    }
    return {
      component,
      map: bundled.map,
      imports: bundled.imports,
      out,
      bytes: component.byteLength,
      bundleBytes: Buffer.byteLength(bundled.code),
      ms: performance.now() - started,
      warnings: bundled.warnings,
    };
  } finally {
    abort.abort();
  }
}

/** Where a step fails, what TypeScript says of the same source usually names the cause: both are reported. */
async function withTypeErrors<T>(step: Promise<T>, types: Promise<readonly BuildError[]>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    const more = (await types).filter((item) => !error.errors.some((own) => samePlace(own, item)));
    throw new BuildFailure([...error.errors, ...more]);
  }
}

function samePlace(a: BuildError, b: BuildError): boolean {
  return a.file !== undefined && a.file === b.file && a.line === b.line;
}
