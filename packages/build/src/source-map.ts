import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { resolve } from 'node:path';

/** A place in a source; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One line of a stack trace that QuickJS wrote: `    at f (componentize-qjs:user.js:3:13)`. */
const frame = /\(?componentize-qjs:user\.js:(\d+):(\d+)\)?/;

/**
 * The map with its sources that are none of the author's in `ignoreList`, as whoever prints stacks may leave them out.
 * https://tc39.es/ecma426/#sec-ignoreList
 */
export function ignoreSources(map: string, folder: string, foreign: (file: string) => boolean): string {
  const parsed = JSON.parse(map) as { sources: string[] };
  const ignoreList = parsed.sources.flatMap((source, index) =>
    foreign(resolve(folder, source)) ? [index] : [],
  );
  return JSON.stringify({ ...parsed, ignoreList });
}

/**
 * Reads a guest's stack trace back into its sources: innermost frame first, frames that lead nowhere left out.
 * `folder` is the one that the map's sources are relative to.
 */
export function mapStack(stack: string, map: string, folder: string): readonly Place[] {
  const sources = new SourceMap(JSON.parse(map) as SourceMapPayload);
  const places: Place[] = [];
  for (const text of stack.split('\n')) {
    const found = frame.exec(text);
    if (found === null) continue;
    const entry = sources.findEntry(Number(found[1]) - 1, Number(found[2]) - 1);
    if (!('originalSource' in entry) || entry.originalSource === undefined) continue;
    places.push({
      file: resolve(folder, entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    });
  }
  return places;
}
