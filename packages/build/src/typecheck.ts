import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';
import { findSdk, readExportCheck, writeExportCheck } from './check-export.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame } from './frame.ts';
import { suggestGlobal } from './node-modules.ts';

const diagnostic = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;
const unknownName = /^(Cannot find name '(\w+)')\.(.*)$/;
/** Where TypeScript advises to declare what Node or a browser has: no declaration makes it exist in a guest. */
const strangeAdvice =
  /^ Do you need to (?:install type definitions for node|change your target library\?.*'dom')/;
/** What a handler gives is none of what it may give. */
const noReply = /is not assignable to type '(?:Promise<Reply> \| Reply|Reply \| Promise<Reply>)'/;
const reply =
  'a handler gives json(…), text(…), html(…), bytes(…), status(…), redirect(…) or a Response, whatever way it takes';
const globalDiagnostic = /^error (TS\d+): (.*)$/;

/**
 * Runs TypeScript's own check: over the nearest tsconfig.json above the entry (as `npx tsc --noEmit` would), or, where
 * there is none, over the entry with strict settings; and whether the entry's default export, if it has one, is an app. Uses
 * the app's TypeScript, or else the build's. Empty: no errors.
 */
export async function checkTypes(entry: string, signal?: AbortSignal): Promise<readonly BuildError[]> {
  const temporary = await mkdtemp(join(tmpdir(), 'slight-types-'));
  try {
    const project = findProject(dirname(entry)) ?? (await writeProject(temporary, entry));
    // What the compiler prints is relative to the folder where it runs.
    const folder = dirname(entry);
    const compiler = findCompiler(folder);
    const check = (settings: string, at: string) =>
      run(compiler, ['--noEmit', '--pretty', 'false', '--project', settings], at, signal);
    const [{ code, output }, exported] = await Promise.all([
      check(project, folder),
      check(await writeExportCheck(temporary, project, entry), temporary),
    ]);
    const refused = readExportCheck(exported.output, entry);
    const errors = [...parseDiagnostics(output, folder), ...(refused === undefined ? [] : [refused])];
    if (errors.length > 0 || code === 0) return errors;
    return [{ message: `TypeScript ended with exit code ${code}: ${output.trim().slice(0, 2000)}` }];
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Reads what `tsc --pretty false` printed. Indented lines belong to the message before them. */
export function parseDiagnostics(output: string, folder: string): readonly BuildError[] {
  const errors: BuildError[] = [];
  for (const text of output.split(/\r?\n/)) {
    const located = diagnostic.exec(text);
    if (located !== null) {
      const [, name = '', row = '', offset = '', id = '', message = ''] = located;
      const file = resolve(folder, name);
      const line = Number(row);
      const column = Number(offset);
      const frame = renderFileFrame(file, line, column);
      const { text, fix } = explainName(message);
      errors.push({
        message: `${text} (${id})`,
        file,
        line,
        column,
        ...(frame === undefined ? {} : { frame }),
        ...(fix === undefined ? {} : { fix }),
      });
      continue;
    }
    const general = globalDiagnostic.exec(text);
    if (general !== null) {
      errors.push({ message: `${general[2]} (${general[1]})` });
      continue;
    }
    const last = errors.at(-1);
    if (/^\s+\S/.test(text) && last !== undefined)
      errors[errors.length - 1] = { ...last, message: `${last.message}\n${text}` };
  }
  return errors.map((error) => (noReply.test(error.message) ? { fix: reply, ...error } : error));
}

/** Of a name that is unknown: what a guest has instead. */
function explainName(message: string): { text: string; fix: string | undefined } {
  const [, what, name, advice = ''] = unknownName.exec(message) ?? [];
  const fix = name === undefined ? undefined : suggestGlobal(name);
  const misleads = fix !== undefined || strangeAdvice.test(advice);
  return { text: what !== undefined && misleads ? `${what}: there is none in a guest` : message, fix };
}

function findProject(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'tsconfig.json');
    if (existsSync(file)) return file;
    // A package without one of its own is not checked by a stranger's above it.
    if (existsSync(join(at, 'package.json')) || at === parse(at).root) return undefined;
  }
}

/** Writes the settings for an app that has none of its own: strict, with a guest's globals and no others. */
async function writeProject(folder: string, entry: string): Promise<string> {
  const { installed, main, globals } = findSdk(entry);
  const file = join(folder, 'tsconfig.json');
  const config = {
    compilerOptions: {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      target: 'esnext',
      lib: ['esnext'],
      module: 'preserve',
      types: [],
      // As in the bundle, an app that has not installed the SDK gets the copy that came with the build.
      ...(installed ? {} : { paths: sdkPaths(main, globals) }),
    },
    files: [globals, entry],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

function sdkPaths(main: string, globals: string): { [specifier: string]: string[] } {
  return { '@spiderlightning/guest': [main], '@spiderlightning/guest/globals': [globals] };
}

function findCompiler(folder: string): string {
  for (const place of [createRequire(join(folder, 'app.js')), createRequire(import.meta.url)]) {
    try {
      return join(dirname(place.resolve('typescript/package.json')), 'bin', 'tsc');
    } catch {
      // Not installed there.
    }
  }
  throw new Error(
    'TypeScript is not installed; run `npm install --save-dev typescript`, or build without the check',
  );
}

function run(
  script: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', failed);
    child.on('close', (code) => done({ code, output: Buffer.concat(chunks).toString() }));
  });
}
