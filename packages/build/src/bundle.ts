import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { build } from 'esbuild';
import type { BuildFailure as EsbuildFailure, Message, Metafile } from 'esbuild';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame, renderFrame } from './frame.ts';
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

/**
 * How the entry offers its handler of requests: `export default` an app of the SDK, or the WIT interface itself; `none`
 * where it answers none.
 */
export type EntryShape = 'default' | 'raw' | 'none';

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
    define: Object.fromEntries(globals.map((name) => [`globalThis.${name}`, name])),
    plugins: [resolveGuest(guest), resolveInterfaces, refuseNode],
    sourcemap: 'external',
  });
  const code = result.outputFiles.find((file) => !file.path.endsWith('.map'));
  const map = result.outputFiles.find((file) => file.path.endsWith('.map'));
  const imports = new Set<string>();
  for (const output of Object.values(result.metafile.outputs))
    for (const item of output.imports) if (item.external === true) imports.add(item.path);
  return {
    code: code?.text ?? '',
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
    warnings: result.warnings.map((message) => toBuildError(message, dirname(entry))),
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

/**
 * Handlers of what is no request: an entry exports a function under the name of the SDK, or the interface itself under
 * its own.
 */
const handlers = [
  { interface: 'message-handler', names: ['onMessage', 'messageHandler'], make: 'toMessageHandler' },
  { interface: 'schedule-handler', names: ['onSchedule', 'scheduleHandler'], make: 'toScheduleHandler' },
  { interface: 'watch-handler', names: ['onChange', 'watchHandler'], make: 'toWatchHandler' },
  { interface: 'command-handler', names: ['command', 'commandHandler'], make: 'toCommandHandler' },
] as const;

function findHandlers(exported: readonly string[]) {
  return handlers.flatMap(({ names, ...handler }) => {
    const name = names.find((each) => exported.includes(each));
    return name === undefined ? [] : [{ ...handler, name, as: names[1] }];
  });
}

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

/** Reads which names the entry exports, looking at no other file. */
async function findShape(entry: string): Promise<{ shape: EntryShape; exported: readonly string[] }> {
  if (!existsSync(entry))
    throw new BuildFailure([
      { message: `there is no file ${entry}`, fix: 'name the TypeScript file that exports your app' },
    ]);
  const result = await runEsbuild({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    outfile: 'entry.js',
    plugins: [
      {
        name: 'entry-only',
        setup(setup) {
          setup.onResolve({ filter: /.*/ }, (args) =>
            args.kind === 'entry-point' ? undefined : { path: args.path, external: true },
          );
        },
      },
    ],
  });
  const exported = Object.values(result.metafile.outputs)[0]?.exports ?? [];
  if (exported.includes('default')) return { shape: 'default', exported };
  if (exported.includes('httpHandler')) return { shape: 'raw', exported };
  if (findHandlers(exported).length > 0) return { shape: 'none', exported };
  const lines = readFileSync(entry, 'utf8').split('\n');
  const found =
    exported.length === 0
      ? 'it exports nothing'
      : `it exports ${exported.map((name) => `\`${name}\``).join(', ')}`;
  const line = Math.max(1, lines.findLastIndex((text) => text.trim() !== '') + 1);
  throw new BuildFailure([
    {
      message: `the app exports no handler: ${found}, and no \`default\``,
      file: entry,
      line,
      column: 1,
      frame: renderFrame(lines.join('\n'), line, 1, lines[line - 1]?.length),
      fix:
        'end the file with `export default app;`, where `const app = router();`, or export what else it is for: ' +
        'onMessage, onSchedule, onChange or command',
    },
  ]);
}

async function runEsbuild(options: Parameters<typeof build>[0]) {
  try {
    return await build({
      ...options,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['spiderlightning', 'module'],
      target: 'es2024',
      charset: 'utf8',
      legalComments: 'eof',
      logLevel: 'silent',
    });
  } catch (error) {
    const messages = (error as Partial<EsbuildFailure>).errors;
    if (messages === undefined) throw error;
    throw new BuildFailure(
      messages.map((message) => toBuildError(message, options.absWorkingDir ?? process.cwd())),
    );
  }
}

function toBuildError(message: Message, base: string): BuildError {
  const fix = suggestFix(message);
  const place = message.location;
  if (place === null) return { message: message.text, ...(fix === undefined ? {} : { fix }) };
  const file = resolve(base, place.file);
  // esbuild counts columns in bytes from 0.
  const before = Buffer.from(place.lineText).subarray(0, place.column).toString();
  const column = before.length + 1;
  const frame =
    renderFileFrame(file, place.line, column, place.length) ??
    renderFrame(place.lineText, 1, column, place.length);
  return {
    message: message.text,
    file,
    line: place.line,
    column,
    ...(frame === undefined ? {} : { frame }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function suggestFix(message: Message): string | undefined {
  const [, specifier] = /^Could not resolve "(.*)"$/.exec(message.text) ?? [];
  if (specifier === undefined) return message.notes.find((note) => note.location === null)?.text;
  if (/^[./]/.test(specifier)) return 'there is no such file: check the path, and write its ending too';
  const [, name = specifier] = /^((?:@[^/]+\/)?[^/]+)/.exec(specifier) ?? [];
  return `npm install ${name}`;
}
