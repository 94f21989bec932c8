import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { styleText } from 'node:util';
import type { BuildFailure, BuildResult } from '@spiderlightning/build';
import { maskSecrets } from '../slightfile/mask.ts';
import { printResult } from './result.ts';
import { UsageError } from './usage.ts';

type Builder = typeof import('@spiderlightning/build');

const builder = '@spiderlightning/build';
const usualEntries = ['src/app.ts', 'app.ts', 'src/app.js', 'app.js'];

export interface BuildFlags {
  readonly entry: string | undefined;
  readonly output?: string;
  /** Check types too. */
  readonly check: boolean;
  /** Write the path of the component to stdout for programs. Default true. */
  readonly printPath?: boolean;
}

/** The file to build. @throws {UsageError} where none was named and none has a usual name, or it is not there */
export function findEntry(named: string | undefined): string {
  const entry = named ?? usualEntries.find((file) => existsSync(file));
  if (entry === undefined) {
    throw new UsageError(
      'no file to build was named, and there is no src/app.ts\n  fix: name the file that exports the app, such as src/main.ts',
    );
  }
  if (!existsSync(entry)) {
    throw new UsageError(`there is no ${entry}\n  fix: name the file that exports the app`);
  }
  return entry;
}

/** Where the component of an entry goes. */
export function outputOf(entry: string): string {
  return join('dist', `${basename(entry).replace(/\.[^.]+$/, '')}.wasm`);
}

/**
 * `slight build`. What it did goes to stderr, the path of the component to stdout where that is no terminal. Gives the exit code.
 * @throws {UsageError} where there is no entry
 */
export async function build(flags: BuildFlags): Promise<number> {
  const entry = findEntry(flags.entry);
  const print = (text: string) => process.stderr.write(`${maskSecrets(text)}\n`);
  const loaded = await loadBuilder(entry);
  if (loaded === undefined) {
    print(`slight: building needs the package ${builder}, which is not installed here`);
    print(`  fix: npm install --save-dev ${builder}`);
    return 1;
  }
  const { buildComponent, formatBuildError } = loaded;
  const out = flags.output ?? outputOf(entry);
  print(`building ${relative(process.cwd(), resolve(entry)) || entry}`);
  try {
    const result = await buildComponent({ entry, out, typecheck: flags.check });
    for (const warning of result.warnings) print(`warning: ${formatBuildError(warning, process.cwd())}`);
    print(describeResult(result, out));
    if (flags.printPath ?? true) printResult(relative(process.cwd(), resolve(out)) || out);
    return 0;
  } catch (error) {
    // The class may come from another copy of the package than any that could be imported here.
    if (!(error instanceof Error) || error.name !== 'BuildFailure') throw error;
    const { errors } = error as BuildFailure;
    const count = `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`;
    print(errors.map((each) => formatBuildError(each, process.cwd())).join('\n\n'));
    print(`\n${styleText('red', 'slight:', { stream: process.stderr })} ${entry} was not built: ${count}`);
    return 1;
  }
}

/** The builder of the app's own installation, or the one beside this package; undefined where there is none. */
async function loadBuilder(entry: string): Promise<Builder | undefined> {
  const places = [resolve(dirname(entry), 'entry.js'), import.meta.filename];
  for (const place of places) {
    let path: string;
    try {
      path = createRequire(place).resolve(builder);
    } catch {
      continue;
    }
    return (await import(pathToFileURL(path).href)) as Builder;
  }
  return undefined;
}

function describeResult({ bytes, ms, imports }: BuildResult, out: string): string {
  const size =
    bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const uses = imports.length === 0 ? '' : `; it uses ${imports.join(', ')}`;
  return `built ${out}: ${size} in ${(ms / 1000).toFixed(1)} s${uses}`;
}
