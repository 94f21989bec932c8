import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';

const bundle = 'componentize-qjs:user.js:';
/** A place as QuickJS writes it: everything in a guest is one module of this name. */
const place = /componentize-qjs:user\.js:(\d+):(\d+)/g;

/** Characters of a text that may hold a stack. What a guest says beyond that takes no time here. */
const longest = 1024 * 1024;

/** A line of a stack that leads nowhere: what QuickJS has built in. */
const frame = /^\s+at /;

/**
 * Gives a function that puts an author's files and lines in the place of the bundle's, in what a guest says, and leaves out of each stack
 * the lines of sources that the map says to ignore, unless there are no others. It reads the map that `slight build` leaves beside the
 * component, when a place occurs for the first time; without a readable map the text stays as it is.
 */
export function placeTranslator(component: string): (text: string) => string {
  let sources: Sources | undefined;
  let read = false;
  return (text) => {
    if (text.length > longest || !text.includes(bundle)) return text;
    if (!read) sources = readSources(component);
    read = true;
    return sources === undefined ? text : translateLines(text.split('\n'), sources).join('\n');
  };
}

/** The same for what a guest prints as bytes, which need not be text. */
export function translateBytes(bytes: Uint8Array, translate: (text: string) => string): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.includes(bundle) ? Buffer.from(translate(buffer.toString())) : bytes;
}

interface Sources {
  readonly map: SourceMap;
  readonly ignored: ReadonlySet<string>;
  readonly folder: string;
}

function readSources(component: string): Sources | undefined {
  try {
    const map = JSON.parse(readFileSync(`${component}.map`, 'utf8')) as SourceMapPayload & {
      ignoreList?: number[];
    };
    const ignored = (map.ignoreList ?? []).map((index) => map.sources[index]!);
    return { map: new SourceMap(map), ignored: new Set(ignored), folder: dirname(component) };
  } catch {
    // No map, or none that can be read: places stay the bundle's.
    return undefined;
  }
}

interface Line {
  readonly text: string;
  /** Whose line of a stack it is; nobody's where it leads nowhere. */
  readonly owner?: 'author' | 'other' | undefined;
}

function translateLines(lines: readonly string[], sources: Sources): string[] {
  const translated: string[] = [];
  let stack: Line[] = [];
  const flush = (): void => {
    for (const { text } of trim(stack)) translated.push(text);
    stack = [];
  };
  for (const text of lines) {
    const line = translateLine(text, sources);
    if (frame.test(text)) stack.push(line);
    else {
      flush();
      translated.push(line.text);
    }
  }
  flush();
  return translated;
}

/** What is built in is shown where the author called it. */
function trim(stack: readonly Line[]): readonly Line[] {
  if (!stack.some(({ owner }) => owner === 'author')) return stack;
  const shown: Line[] = [];
  let caller: Line['owner'];
  for (const line of stack.toReversed()) {
    caller = line.owner ?? caller;
    if (caller !== 'other') shown.push(line);
  }
  return shown.reverse();
}

function translateLine(line: string, { map, ignored, folder }: Sources): Line {
  let owner: Line['owner'];
  const text = line.replace(place, (found, row: string, column: string) => {
    owner = 'author';
    const entry = map.findEntry(Number(row) - 1, Number(column) - 1);
    if (!('originalSource' in entry) || entry.originalSource === undefined) return found;
    if (ignored.has(entry.originalSource)) owner = 'other';
    const file = relative(process.cwd(), resolve(folder, entry.originalSource));
    return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
  return { text, owner };
}
