import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { clangMissing } from '../../../../test/guests/clang.ts';

const root = join(import.meta.dirname, '../../../..');
const page = join(import.meta.dirname, 'page');

/** What stands for modules of Node, and for the builders of guests, in a page. */
const standIns: readonly (readonly [RegExp, string])[] = [
  [/^node:test$/, 'node-test.ts'],
  [/^node:assert\/strict$/, 'assert.ts'],
  [/^node:fs$/, 'node-fs.ts'],
  [/^node:path$/, 'node-path.ts'],
  [/^node:(?:vm|v8)$/, 'node-vm.ts'],
  [/\/test\/guests\/(?:wat|quickjs|clang)\.ts$/, 'guests.ts'],
];

/** Names of Node's globals that `globals.ts` has. */
const globals = ['setImmediate', 'Buffer', 'process'];

const forPages: Plugin = {
  name: 'for pages',
  setup({ onResolve, onLoad }) {
    for (const [filter, file] of standIns) onResolve({ filter }, () => ({ path: join(page, file) }));
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /./, namespace: 'absent' }, ({ path }) => ({
      resolveDir: page,
      // Of CommonJS, so that whatever is imported by name is there, and says that it is not when it is called.
      contents: `
        const { Skip } = require('./skip.ts');
        const say = () => { throw new Skip(${JSON.stringify(`needs ${path}, which only Node has`)}); };
        module.exports = Object.create(new Proxy({}, { get: () => say }));`,
    }));
    onLoad({ filter: /packages\/component\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!isTest(path)) return { contents: text, loader: 'ts' };
      const used = globals.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
      const given = `import { ${used.join(', ')} } from ${JSON.stringify(join(page, 'globals.ts'))};`;
      const here = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents: used.length === 0 ? here : `${given}${here}`, loader: 'ts' };
    });
  },
};

function isTest(path: string): boolean {
  return (path.endsWith('.test.ts') || path.includes('/component/test/')) && !path.startsWith(page);
}

/**
 * Bundles files of tests, paths from the root of the repository, for `page/main.ts`, which becomes `main.js`, and the
 * package itself as `component.js`.
 *
 * @returns what to serve, by its path
 */
export async function bundleTests(files: readonly string[]): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [
      ...files.map((file) => ({ in: join(root, file), out: file })),
      { in: join(page, 'main.ts'), out: 'main' },
      { in: join(root, 'packages/component/src/index.ts'), out: 'component' },
    ],
    outdir: root,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'chrome137',
    sourcemap: 'inline',
    define: { CLANG_MISSING: JSON.stringify(clangMissing) },
    plugins: [forPages],
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path, contents }) => [`/${relative(root, path)}`, contents]));
}
