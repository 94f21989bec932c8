import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { resolve, sep } from 'node:path';
import type { BuildError } from './error.ts';
import { renderFileFrame } from './frame.ts';
import { suggestGlobal } from './node-modules.ts';

/**
 * QuickJS has no `Intl`, and what takes a language ignores it; the types of JavaScript itself say otherwise. esbuild tells the
 * global from a variable of that name, and a call from a text: it marks both with a letter that nobody's code has there. Marked
 * names are as long as their own, so that places stay.
 */
export const localeMarks = {
  define: { Intl: 'ƛntl', 'globalThis.Intl': 'ƛntl' },
  mangleProps: /^toLocale(?:Date|Time)?String$/,
  mangleCache: {
    toLocaleString: 'ƛoLocaleString',
    toLocaleDateString: 'ƛoLocaleDateString',
    toLocaleTimeString: 'ƛoLocaleTimeString',
  },
} as const;

/** `Intl`, with what shows that the code asks whether it is there; a method that is given something. */
const marked = /(typeof )?ƛntl(\?\.)?|\.(ƛoLocale(?:Date|Time)?String)\((?=[^)])/g;

/** The code as it was meant, and what of it does otherwise in a guest. */
export interface Locales {
  readonly code: string;
  /** `Intl` in files of the author's that do not ask for it first. */
  readonly errors: readonly BuildError[];
  /** The same in packages, which may do without; and languages and options that are ignored. */
  readonly warnings: readonly BuildError[];
}

/**
 * Finds what of a bundle needs the data of languages.
 * @param map its source map, as JSON text, with sources relative to `folder`
 */
export function findLocales(code: string, map: string, folder: string): Locales {
  const found = [...code.matchAll(marked)];
  const restored = code
    .replaceAll('ƛntl', 'Intl')
    // A number takes a point for its own; esbuild minds that where it knows the name.
    .replaceAll(/(?<=\d)\.ƛoLocale/g, ' .toLocale')
    .replaceAll('ƛoLocale', 'toLocale');
  if (found.length === 0) return { code: restored, errors: [], warnings: [] };
  const sources = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const uses = found.map(([text, asks, may, method], index) => {
    const before = code.slice(0, found[index]!.index + text.indexOf('ƛ')).split('\n');
    const entry = sources.findEntry(before.length - 1, before.at(-1)!.length);
    const origin = 'originalSource' in entry ? entry : undefined;
    const name = method?.replace('ƛ', 't') ?? 'Intl';
    const file = resolve(folder, origin?.originalSource ?? '');
    const place = { file, line: (origin?.originalLine ?? 0) + 1, column: (origin?.originalColumn ?? 0) + 1 };
    return { name, asked: (asks ?? may) !== undefined, ...refine(place, name) };
  });
  const careful = new Set(uses.filter(({ asked }) => asked).map(({ file }) => file));
  const errors: BuildError[] = [];
  const warnings: BuildError[] = [];
  for (const { name, file, line, column } of uses) {
    const isOwn = !file.includes(`${sep}node_modules${sep}`);
    const frame = renderFileFrame(file, line, column, name.length);
    const place = { file, line, column, ...(frame === undefined ? {} : { frame }) };
    if (name !== 'Intl') {
      if (isOwn)
        warnings.push({
          message: `${name} ignores the language and the options that it is given: a guest knows no languages`,
          ...place,
          fix: 'have the browser format it, or a package that brings its own data',
        });
    } else if (!careful.has(file))
      (isOwn ? errors : warnings).push({
        message: "Cannot find name 'Intl': there is none in a guest",
        ...place,
        fix: suggestGlobal('Intl')!,
      });
  }
  return { code: restored, errors, warnings };
}

/** A map leads to the beginning of an expression: the name stands there or later in the line. */
function refine<At extends { file: string; line: number; column: number }>(at: At, name: string): At {
  try {
    const text = readFileSync(at.file, 'utf8').split(/\r\n|\r|\n/)[at.line - 1] ?? '';
    const index = text.indexOf(name, at.column - 1);
    return index < 0 ? at : { ...at, column: index + 1 };
  } catch {
    return at;
  }
}
