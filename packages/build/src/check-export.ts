import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exportApp, findExport } from './entry.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame } from './frame.ts';

const refused = /^app-check\.mts\(\d+,\d+\): error (TS1360): (.*)$/m;

/**
 * Writes, beside the settings `project`, a program whose only statement is that the entry's default export is an app. Gives its
 * settings. Where it finds more to complain of than that, it is nothing of the author's.
 */
export async function writeExportCheck(folder: string, project: string, entry: string): Promise<string> {
  const { main, globals } = findSdk(entry);
  const lines = [
    `import type { App } from ${JSON.stringify(main)};`,
    `import app from ${JSON.stringify(entry)};`,
    'app satisfies App;',
    '',
  ];
  await writeFile(join(folder, 'app-check.mts'), lines.join('\n'));
  const file = join(folder, 'app-check.json');
  const compilerOptions = {
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    composite: false,
    incremental: false,
    types: [],
  };
  const files = [globals, 'app-check.mts'];
  await writeFile(file, JSON.stringify({ extends: project, compilerOptions, files, include: [] }));
  return file;
}

/** What the compiler, run in the folder of that program, says of the default export. */
export function readExportCheck(output: string, entry: string): BuildError | undefined {
  const [, id, message] = refused.exec(output) ?? [];
  if (message === undefined) return undefined;
  const place = findExport(entry);
  const frame = renderFileFrame(place.file, place.line, place.column);
  return {
    message: `the default export answers no request: ${message} (${id})`,
    ...place,
    ...(frame === undefined ? {} : { frame }),
    fix: exportApp,
  };
}

/** The SDK's declarations as the app sees them, or those of the copy that came with the build. */
export function findSdk(entry: string): {
  readonly installed: boolean;
  readonly main: string;
  readonly globals: string;
} {
  const own = createRequire(entry);
  const installed = isInstalled(own);
  const from = installed ? own : createRequire(import.meta.url);
  const main = from.resolve('@spiderlightning/guest');
  const sdk = dirname(from.resolve('@spiderlightning/guest/package.json'));
  return {
    installed,
    main: main.endsWith('.ts') ? main : main.replace(/\.js$/, '.d.ts'),
    globals: join(sdk, 'globals.d.ts'),
  };
}

function isInstalled(from: NodeJS.Require): boolean {
  try {
    from.resolve('@spiderlightning/guest');
    return true;
  } catch {
    return false;
  }
}
