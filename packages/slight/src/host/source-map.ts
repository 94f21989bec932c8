import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';

/** A place as QuickJS writes it: everything in a guest is one module of this name. */
const place = /componentize-qjs:user\.js:(\d+):(\d+)/g;

/**
 * Gives a function that puts an author's files and lines in the place of the bundle's, in what a guest says. It reads
 * the map that `slight build` leaves beside the component, when a place occurs for the first time; without a readable
 * map the text stays as it is.
 */
export function placeTranslator(component: string): (text: string) => string {
  let sources: SourceMap | undefined;
  let read = false;
  const open = () => {
    read = true;
    try {
      sources = new SourceMap(JSON.parse(readFileSync(`${component}.map`, 'utf8')) as SourceMapPayload);
    } catch {
      // No map, or none that can be read: places stay the bundle's.
    }
  };
  return (text) => {
    if (!text.includes('componentize-qjs:user.js:')) return text;
    if (!read) open();
    return text.replace(place, (found, line: string, column: string) => {
      const entry = sources?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined)
        return found;
      const file = relative(process.cwd(), resolve(dirname(component), entry.originalSource));
      return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
  };
}
