import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import type { BuildOptions, Metafile } from 'esbuild';

/** Packages stay what they are: imports. */
export const asModules = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'esnext',
  packages: 'external',
  logLevel: 'warning',
} satisfies BuildOptions;

/** Where a chunk has gone: into which file, and what its names begin with there. */
interface Place {
  readonly file: string;
  readonly prefix: string;
}

/** What esbuild writes for a static import of a chunk: its names, where it takes some, and its file. */
const chunkImport = /^import\s*(?:\{([^}]*)\}\s*from\s*)?"\.\/(chunk-[^"]+)";/gm;

/**
 * Merges chunks that are always loaded together. esbuild cuts a chunk for each set of entries that needs a module, and
 * each lazy import is one: a start would load dozens. Those that the same starts load become one file.
 * @param folder - what esbuild has written
 * @param starts - sources that are loaded in one go, as the metafile names them
 */
export function mergeChunks(
  folder: string,
  { outputs }: Metafile,
  starts: readonly (readonly string[])[],
): void {
  const closures = starts.map((sources) => {
    const roots = Object.keys(outputs).filter((path) => sources.includes(outputs[path]!.entryPoint ?? ''));
    if (roots.length !== sources.length) throw new Error(`not all of ${sources.join(', ')} are entries`);
    return findStatic(outputs, roots);
  });
  const groups = Map.groupBy(
    Object.keys(outputs).filter((path) => outputs[path]!.entryPoint === undefined),
    (path) => closures.map((closure) => (closure.has(path) ? '1' : '0')).join(''),
  );
  const places = new Map<string, Place>();
  const made = new Map<string, string>();
  const all = Object.keys(outputs).map((path) => `./${basename(path)}`);
  for (const [key, chunks] of groups) {
    if (!key.includes('1')) continue;
    const file = `start-${key}.js`;
    const names = chunks.map((path) => `./${basename(path)}`);
    const lines = chunks.map((path, index) => {
      places.set(basename(path), { file, prefix: `c${index}_` });
      const list = outputs[path]!.exports.map((name) => `${name} as c${index}_${name}`);
      return `export { ${list.join(', ')} } from '${names[index]}';`;
    });
    const { outputFiles } = buildSync({
      ...asModules,
      stdin: { contents: lines.join('\n'), resolveDir: folder },
      external: all.filter((name) => !names.includes(name)),
      write: false,
    });
    made.set(file, outputFiles[0]!.text);
  }
  for (const chunk of places.keys()) rmSync(join(folder, chunk));
  for (const [file, text] of made) writeFileSync(join(folder, file), text);
  for (const file of globSync('*.js', { cwd: folder })) redirect(join(folder, file), places);
}

/** Everything that these load before they run. */
function findStatic(outputs: Metafile['outputs'], roots: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]!.imports)
      if (kind === 'import-statement' && external !== true) visit(next);
  };
  for (const root of roots) visit(root);
  return found;
}

function redirect(path: string, places: ReadonlyMap<string, Place>): void {
  const text = readFileSync(path, 'utf8');
  const moved = text.replace(chunkImport, (whole, names: string | undefined, chunk: string) => {
    const place = places.get(chunk);
    if (place === undefined) return whole;
    if (names === undefined) return `import "./${place.file}";`;
    const list = names.split(',').map((each) => {
      const [name, local = name] = each.trim().split(' as ');
      return `${place.prefix}${name} as ${local}`;
    });
    return `import { ${list.join(', ')} } from "./${place.file}";`;
  });
  if (moved !== text) writeFileSync(path, moved);
}
