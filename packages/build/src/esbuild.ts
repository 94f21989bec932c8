import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { BuildFailure as EsbuildFailure, Message } from 'esbuild';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame, renderFrame } from './frame.ts';

/** Runs esbuild as a guest needs it. @throws {BuildFailure} */
export async function runEsbuild(options: Parameters<typeof build>[0]) {
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

/** A message of esbuild's as one of the build's. */
export function toBuildError(message: Message, base: string): BuildError {
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
