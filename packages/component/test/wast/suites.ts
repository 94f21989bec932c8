import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';

/** A collection of public test scripts. They are fetched by whoever runs them, and are no part of this repository. */
export interface Suite {
  readonly name: string;
  readonly url: string;
  readonly commit: string;
  /** Where in the repository the scripts are. */
  readonly folder: string;
}

export const suites: readonly Suite[] = [
  {
    name: 'component-model',
    url: 'https://github.com/WebAssembly/component-model',
    commit: '6d281648bd89caf885a7adcc412962dbd2425ab7',
    folder: 'test',
  },
  {
    name: 'wasmtime',
    url: 'https://github.com/bytecodealliance/wasmtime',
    commit: 'e6b33de5139d915a48127fc78b790e2d306cf896',
    folder: 'tests/misc_testsuite/component-model',
  },
];

/** Where fetched scripts are kept: in the user's cache, never in the repository. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'spiderlightning', 'wast');
}

/** Clones what a suite needs, where it is not there yet. @returns the folder with its scripts */
export function fetchSuite(suite: Suite, cache: string): string {
  const checkout = join(cache, `${suite.name}-${suite.commit}`);
  if (!existsSync(checkout)) {
    // Under another name until it is whole.
    const partial = `${checkout}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    const git = (...args: string[]): void => {
      execFileSync('git', ['-C', partial, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    };
    git('init', '--quiet');
    git('sparse-checkout', 'set', suite.folder);
    git('fetch', '--quiet', '--depth=1', '--filter=blob:none', suite.url, suite.commit);
    git('checkout', '--quiet', 'FETCH_HEAD');
    renameSync(partial, checkout);
  }
  return join(checkout, suite.folder);
}

export interface ScriptFile {
  /** `component-model/values/strings.wast`. */
  readonly name: string;
  readonly path: string;
}

/** All scripts below a folder, by the names that the baseline knows them under. */
export function listScripts(suite: string, folder: string): ScriptFile[] {
  return globSync('**/*.wast', { cwd: folder })
    .map((file) => ({
      name: `${suite}/${relative(folder, join(folder, file)).split(sep).join('/')}`,
      path: join(folder, file),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
