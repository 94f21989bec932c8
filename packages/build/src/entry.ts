import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { runEsbuild } from './esbuild.ts';
import { renderFileFrame, renderFrame } from './frame.ts';
import type { Place } from './source-map.ts';

/** What to write where an entry's default export is no app. */
export const exportApp = 'write `export default app;`, where `const app = router();`';

/**
 * How the entry offers its handler of requests: `export default` an app of the SDK, or the WIT interface itself; `none`
 * where it answers none.
 */
export type EntryShape = 'default' | 'raw' | 'none';

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

/** Those that an entry with these exports has. */
export function findHandlers(exported: readonly string[]) {
  return handlers.flatMap(({ names, ...handler }) => {
    const name = names.find((each) => exported.includes(each));
    return name === undefined ? [] : [{ ...handler, name, as: names[1] }];
  });
}

/** Reads which names the entry exports, looking at no other file. */
export async function findShape(entry: string): Promise<{ shape: EntryShape; exported: readonly string[] }> {
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
  if (exported.includes('default')) {
    const borrowed = findBorrowed(result.outputFiles[0]?.text ?? '');
    if (borrowed !== undefined) throw new BuildFailure([refuseBorrowed(borrowed, entry)]);
    return { shape: 'default', exported };
  }
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

/**
 * The name of what of the SDK stands as the default export, in an entry as esbuild prints it: nothing of it is an app, and its
 * functions would be taken for one.
 */
function findBorrowed(code: string): string | undefined {
  const sdk = /^import (?:\* as (\w+)|\{([^}]*)\}) from "@spiderlightning\/guest";$/gm;
  const names = new Map<string, string>();
  for (const [, all, list = ''] of code.matchAll(sdk)) {
    if (all !== undefined) names.set(all, '');
    for (const item of list.split(',')) {
      const [name = '', local = name] = item.trim().split(' as ');
      names.set(local, name);
    }
  }
  let value = /^ {2}([\w$]+) as default,?$/m.exec(code)?.[1] ?? '';
  // `export default app` is a variable of its own, which may have the value of another.
  for (let steps = 0; steps < 10 && !names.has(value); steps++) {
    const [, next, member] =
      new RegExp(`^(?:var|let|const) ${value} = ([\\w$]+)(?:\\.(\\w+))?;$`, 'm').exec(code) ?? [];
    if (next === undefined) return undefined;
    if (member !== undefined) return names.get(next) === '' ? member : undefined;
    value = next;
  }
  return names.get(value) || undefined;
}

function refuseBorrowed(name: string, entry: string): BuildError {
  const place = findExport(entry);
  const frame = renderFileFrame(place.file, place.line, place.column);
  return {
    message: `the app's export is ${name} of @spiderlightning/guest, which answers no request`,
    ...place,
    ...(frame === undefined ? {} : { frame }),
    fix: exportApp,
  };
}

/** Where an entry exports its app. */
export function findExport(entry: string): Place {
  const lines = readFileSync(entry, 'utf8').split('\n');
  const line = lines.findIndex((text) => /^\s*export\b.*\b(default|httpHandler)\b/.test(text));
  return { file: entry, line: Math.max(line, 0) + 1, column: 1 };
}
