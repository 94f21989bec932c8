/**
 * Makes the packages as they are published: sources compiled to JavaScript and declarations, since Node strips no types
 * below node_modules; those that run when an app starts are bundled too. `node scripts/pack.ts [FOLDER]` leaves the tarballs in FOLDER (default: dist) and prints their paths.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundle } from './bundle.ts';

const root = join(import.meta.dirname, '..');

/**
 * Packages that every start of an app loads, where a module in a file of its own costs a third of a millisecond, and what
 * of them is loaded in one go: before the first worker's process is started, meanwhile, and in it.
 */
const started: { readonly [name: string]: readonly (readonly string[])[] } = {
  '@spiderlightning/component': [],
  '@spiderlightning/slight': [
    ['cli/main.js', 'cli/early.js'],
    ['cli/commands.js', 'cli/run.js'],
    ['host/worker/worker.js'],
  ],
  '@spiderlightning/wasi': [],
};

/** What of a package.json concerns packing. */
interface Manifest {
  name: string;
  private?: boolean;
  version: string;
  files?: string[];
  exports?: unknown;
  imports?: unknown;
  [key: string]: unknown;
}

/** A package, packed. */
export interface Packed {
  readonly name: string;
  readonly tarball: string;
}

/**
 * Packs every package into `destination`, in the order of their folders.
 * @throws {Error} where the compiler or npm fails, or a package lacks a file that it promises
 */
export function packAll(destination: string): Packed[] {
  const work = mkdtempSync(join(tmpdir(), 'slight-pack-'));
  try {
    compile(join(work, 'out'));
    const staged = globSync('packages/*/package.json', { cwd: root })
      .toSorted()
      .map((file) => dirname(file))
      .map((folder) => stage(folder, work))
      .filter((each) => each !== undefined);
    mkdirSync(destination, { recursive: true });
    const printed = execFileSync(
      'npm',
      ['pack', '--json', '--pack-destination', resolve(destination), ...staged.map(({ folder }) => folder)],
      { cwd: work, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    // Newer versions of npm key the answer by name, older ones list it.
    const files = Object.values(JSON.parse(printed) as { [key: string]: { name: string; filename: string } });
    return files.map(({ name, filename }) => ({ name, tarball: join(resolve(destination), filename) }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Compiles all packages at once; types are what `npm run check` is for. */
function compile(out: string): void {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: true,
      rootDir: join(root, 'packages'),
      outDir: out,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, 'packages/*/src')],
    exclude: [join(root, 'packages/*/src/**/*.test.ts')],
  };
  mkdirSync(out, { recursive: true });
  const file = join(dirname(out), 'tsconfig.json');
  writeFileSync(file, JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], {
    stdio: 'pipe',
  });
}

/** Lays a package out as it is published. */
function stage(folder: string, work: string): { name: string; folder: string } | undefined {
  const source = join(root, folder);
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  if (manifest.private === true) return undefined;
  const published = publishedManifest(manifest);
  const target = join(work, folder);
  mkdirSync(target, { recursive: true });
  const compiled = join(work, 'out', folder.replace(/^packages\//, ''), 'src');
  if (existsSync(compiled)) cpSync(compiled, join(target, 'dist'), { recursive: true });
  for (const file of globSync('**/*', { cwd: join(source, 'src'), withFileTypes: true })) {
    if (!file.isFile() || (file.name.endsWith('.ts') && !file.name.endsWith('.d.ts'))) continue;
    const from = join(file.parentPath, file.name);
    cpSync(from, join(target, 'dist', from.slice(join(source, 'src').length)), { recursive: true });
  }
  for (const file of globSync('dist/**/*.{js,d.ts}', { cwd: target })) rewriteReferences(join(target, file));
  const starts = started[manifest.name];
  if (starts !== undefined) {
    const entries = listPaths(published.exports).filter((path) => path.endsWith('.js'));
    const command = published['bin'] === undefined ? [] : [join(target, 'dist/cli/main.js')];
    bundle(join(target, 'dist'), [...entries.map((path) => join(target, path)), ...command], starts);
  }
  for (const file of [...(manifest.files ?? []), 'README.md', 'LICENSE']) {
    if (file === 'dist') continue;
    const from = file === 'LICENSE' ? join(root, file) : join(source, file);
    if (!existsSync(from)) throw new Error(`${folder} promises ${file}, which is not there`);
    cpSync(from, join(target, file), { recursive: true });
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const path of listPaths([published.exports, published.imports, published['bin']])) {
    if (globSync(path, { cwd: target }).length === 0)
      throw new Error(`${folder} promises ${path}, which is not there`);
  }
  return { name: manifest.name, folder: target };
}

/**
 * The compiler turns `./x.ts` into `./x.js` in the imports of JavaScript, but neither in those of declarations nor
 * in `new URL('./x.ts', import.meta.url)`, by which a worker's file is named.
 */
function rewriteReferences(file: string): void {
  const text = readFileSync(file, 'utf8');
  const rewritten = file.endsWith('.d.ts')
    ? text.replace(/((?:from |import\()['"]\.{1,2}\/[^'"\n]+(?<!\.d))\.ts(?=['"])/g, '$1.js')
    : text.replace(/(new URL\(\s*['"]\.{1,2}\/[^'"\n]+)\.ts(?=['"],\s*import\.meta\.url)/g, '$1.js');
  if (rewritten !== text) writeFileSync(file, rewritten);
}

function publishedManifest(manifest: Manifest): Manifest {
  const { scripts: _scripts, devDependencies: _devDependencies, exports, imports, ...rest } = manifest;
  // Not in the sources: npm would warn everyone whose own Node is older, though scripts here run in the right one.
  return {
    ...rest,
    exports: rewriteExports(exports),
    ...(imports !== undefined && { imports: rewriteExports(imports) }),
    engines: { node: '>=26.4' },
  };
}

/** `./src/x.ts` becomes `./dist/x.js` with its declarations beside it. */
function rewriteExports(exports: unknown): unknown {
  if (typeof exports === 'string') {
    const module = /^\.\/src\/(.*)\.ts$/.exec(exports)?.[1];
    if (module === undefined || module.endsWith('.d')) return exports.replace(/^\.\/src\//, './dist/');
    return { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` };
  }
  if (typeof exports !== 'object' || exports === null) return exports;
  return Object.fromEntries(Object.entries(exports).map(([key, value]) => [key, rewriteExports(value)]));
}

/** The values at the leaves of exports. */
function listPaths(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listPaths) : [];
}

if (import.meta.main) {
  for (const { tarball } of packAll(process.argv[2] ?? join(root, 'dist')))
    process.stdout.write(`${tarball}\n`);
}
