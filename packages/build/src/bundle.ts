import { dirname, join, resolve, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { findHandlers, findShape } from './entry.ts';
import type { EntryShape } from './entry.ts';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { runEsbuild, toBuildError } from './esbuild.ts';
import { findLocales, localeMarks } from './locales.ts';
import { ignoreSources } from './source-map.ts';
import { guestResolver, refuseNode, resolveGuest, resolveInterfaces } from './plugins.ts';
import type { InterfaceName } from './world.ts';

/** An app as one JavaScript module. */
export interface Bundle {
  readonly code: string;
  /** Source map of `code`, as JSON text; its sources are relative to the folder of the output. */
  readonly map: string;
  /** The interfaces that the code really imports, sorted. */
  readonly imports: readonly InterfaceName[];
  /** Names of the interfaces that it exports, at least one. */
  readonly exports: readonly string[];
  readonly warnings: readonly BuildError[];
  /** The file that exports the app. */
  readonly entry: string;
  /** Where the SDK lies: its files are none of the author's. */
  readonly sdk: string;
}

/** What the platform module of the SDK gives to code that names it: QuickJS itself has none of these. */
const globals = [
  'AbortController',
  'AbortSignal',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'DOMException',
  'fetch',
  'Headers',
  'Request',
  'Response',
  'setInterval',
  'setTimeout',
  'structuredClone',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
];

/**
 * Bundles an entry with the SDK's platform around it. `out` is the component's path, to which the map's sources are
 * relative.
 * @throws {BuildFailure} syntax errors, imports that lead nowhere, a missing handler
 */
export async function bundle(entry: string, out: string): Promise<Bundle> {
  const { shape, exported } = await findShape(entry);
  const guest = guestResolver(dirname(entry));
  const sdk = dirname(guest('@spiderlightning/guest/package.json'));
  const wrapper = join(dirname(entry), 'slight-build-entry.js');
  const result = await runEsbuild({
    stdin: {
      contents: wrapEntry(shape, exported, entry),
      resolveDir: dirname(entry),
      sourcefile: wrapper,
      loader: 'js',
    },
    absWorkingDir: dirname(entry),
    outfile: out.replace(/\.wasm$/, '.js'),
    inject: [guest('@spiderlightning/guest/platform')],
    ...localeMarks,
    define: {
      ...localeMarks.define,
      ...Object.fromEntries(globals.map((name) => [`globalThis.${name}`, name])),
    },
    plugins: [resolveGuest(guest), resolveInterfaces, refuseNode],
    sourcemap: 'external',
  });
  const code = result.outputFiles.find((file) => !file.path.endsWith('.map'));
  const map = result.outputFiles.find((file) => file.path.endsWith('.map'));
  const locales = findLocales(code?.text ?? '', map?.text ?? '', dirname(out));
  if (locales.errors.length > 0) throw new BuildFailure(locales.errors);
  const imports = new Set<string>();
  for (const output of Object.values(result.metafile.outputs))
    for (const item of output.imports) if (item.external === true) imports.add(item.path);
  return {
    code: locales.code,
    map: ignoreSources(
      map?.text ?? '',
      dirname(out),
      (file) => file === wrapper || file.startsWith(sdk + sep),
    ),
    imports: [...imports].toSorted(),
    exports: [
      ...(shape === 'none' ? [] : [shape === 'default' ? 'http-text-handler' : 'http-handler']),
      ...optional
        .filter(({ name, module }) =>
          shape === 'default'
            ? usesModule(result.metafile, dirname(entry), guest(module))
            : shape === 'raw' && exported.includes(name),
        )
        .map((item) => item.interface),
      ...findHandlers(exported).map((item) => item.interface),
    ],
    warnings: [
      ...result.warnings.map((message) => toBuildError(message, dirname(entry))),
      ...locales.warnings,
    ],
    entry,
    sdk,
  };
}

/** What an app may export besides, under these names; with the SDK it does where it uses the module. */
const optional = [
  {
    interface: 'http-stream',
    name: 'httpStream',
    make: 'toHttpStream',
    module: '@spiderlightning/guest/stream',
  },
  {
    interface: 'held-handler',
    name: 'heldHandler',
    make: 'toHeldHandler',
    module: '@spiderlightning/guest/held',
  },
] as const;

function wrapEntry(shape: EntryShape, exported: readonly string[], entry: string): string {
  const from = JSON.stringify(entry);
  const lines = [`import '@spiderlightning/guest/prelude';`];
  if (shape !== 'none') lines.push(...wrapHttp(shape, exported, from));
  for (const { name, as, make } of findHandlers(exported)) {
    const module = make === 'toCommandHandler' ? 'command' : 'events';
    lines.push(
      `import { ${make} } from '@spiderlightning/guest/${module}';`,
      `import { ${name} as own_${as} } from ${from};`,
      `export const ${as} = ${make}(own_${as});`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function wrapHttp(shape: 'default' | 'raw', exported: readonly string[], from: string): string[] {
  const [own, name, make] =
    shape === 'default'
      ? ['default', 'httpTextHandler', 'toHttpTextHandler']
      : ['httpHandler', 'httpHandler', 'toHttpHandler'];
  const makers = [make, ...optional.map((item) => item.make)];
  const lines = [
    `import { ${makers.join(', ')} } from '@spiderlightning/guest/entry';`,
    `import { ${own} as app } from ${from};`,
    `export const ${name} = ${make}(app);`,
  ];
  for (const { name, make } of optional) {
    if (shape === 'default') lines.push(`export const ${name} = ${make}();`);
    else if (exported.includes(name))
      lines.push(
        `import { ${name} as own_${name} } from ${from};`,
        `export const ${name} = ${make}(own_${name});`,
      );
  }
  return lines;
}

/** Whether anything of a module went into the output. */
function usesModule(metafile: Metafile, base: string, path: string): boolean {
  return Object.values(metafile.outputs).some(({ inputs }) =>
    Object.entries(inputs).some(
      ([name, { bytesInOutput }]) => bytesInOutput > 0 && resolve(base, name) === path,
    ),
  );
}
