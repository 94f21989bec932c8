import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { asModules, mergeChunks } from './merge-chunks.ts';

/** `new URL('./x', import.meta.url)`, in three parts. */
const reference = /(new URL\(\s*['"])(\.{1,2}\/[^'"\n]*)(['"],\s*import\.meta\.url)/g;

/** What a module takes of Node by name. */
const builtin = /^import \{([^}]*)\} from '(node:[\w/]+)';$/gm;

/**
 * An import of Node's own would look up all names that there are, and some of them load parts that nobody asked for: of
 * `node:crypto` that of the Web, of `node:http` a client.
 */
function takeBuiltins(text: string): string {
  return text.replace(
    builtin,
    (_whole, names: string, module: string) =>
      `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule('${module}');`,
  );
}

/**
 * Lays the modules of a folder together into as few files as its entries and what they load lazily allow, all at its
 * top. What a module names by `new URL('./x', import.meta.url)` is found from there, and is an entry where it is a module:
 * another process runs it. Declarations stay where they are.
 * @param entries - paths of modules
 * @param starts - paths of modules in the folder that are loaded in one go, whatever else is
 * @throws {Error} where two entries would be the same file, or esbuild fails
 */
export function bundle(
  folder: string,
  entries: readonly string[],
  starts: readonly (readonly string[])[] = [],
): void {
  const modules = globSync('**/*.js', { cwd: folder }).map((file) => join(folder, file));
  const points = new Map(entries.map((path) => [basename(path), resolve(path)]));
  for (const path of modules) {
    const text = readFileSync(path, 'utf8');
    const moved = text.replace(reference, (_whole, before: string, name: string, after: string) => {
      const target = resolve(dirname(path), name);
      if (!target.endsWith('.js')) return `${before}./${relative(folder, target)}${after}`;
      const file = basename(target);
      if ((points.get(file) ?? target) !== target)
        throw new Error(`${folder}: two modules named ${file} are entries`);
      points.set(file, target);
      return `${before}./${file}${after}`;
    });
    const taken = takeBuiltins(moved);
    if (taken !== text) writeFileSync(path, taken);
  }
  const made = `${folder}-bundled`;
  const { metafile } = buildSync({
    ...asModules,
    entryPoints: [...points].map(([file, path]) => ({ in: path, out: basename(file, '.js') })),
    outdir: made,
    absWorkingDir: dirname(folder),
    splitting: true,
    metafile: true,
  });
  const inFolder = starts.map((paths) => paths.map((path) => `${basename(folder)}/${path}`));
  mergeChunks(made, metafile, inFolder);
  for (const path of modules) rmSync(path);
  for (const file of globSync('*.js', { cwd: made })) renameSync(join(made, file), join(folder, file));
  rmSync(made, { recursive: true });
}
