import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { type Problem, type Span, SlightfileError } from './error.ts';
import type { Interpolated } from './interpolate.ts';

/** A value of a TOML file, with its place. */
export type Node = Table | Leaf;

export interface Table {
  readonly kind: 'table';
  readonly span: Span;
  readonly entries: Map<string, Entry>;
}

export type Leaf =
  | {
      readonly kind: 'string';
      readonly span: Span;
      readonly value: string;
      /** Where secrets were put into it. */
      readonly hidden?: Interpolated['hidden'];
    }
  | { readonly kind: 'integer'; readonly span: Span; readonly value: bigint }
  | { readonly kind: 'float'; readonly span: Span; readonly value: number }
  | { readonly kind: 'boolean'; readonly span: Span; readonly value: boolean }
  | { readonly kind: 'date'; readonly span: Span }
  | { readonly kind: 'array'; readonly span: Span; readonly items: Node[] };

export interface Entry {
  /** Of the key. */
  readonly span: Span;
  readonly value: Node;
}

/**
 * Reads TOML 1.0 into tables that know their places.
 * @throws {SlightfileError} where the text is no TOML
 */
export function parseTree(text: string, path: string): Table {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    throw new SlightfileError(path, text, [describeSyntaxError(text, error)], error);
  }
  const root: Table = { kind: 'table', span: { line: 1, column: 1, width: 1 }, entries: new Map() };
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') addKeyValue(root, node);
    else addTable(root, node);
  }
  return root;
}

function describeSyntaxError(text: string, error: unknown): Problem {
  if (error instanceof ParseError) {
    return {
      span: { ...placeOf(text, error), width: 1 },
      message: `this is not TOML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
      fix: /multiple times/.test(error.message)
        ? 'what stands twice becomes one; a table of which there may be several has two pairs of brackets each time: [[schedule]]'
        : 'a line is [table], key = value or # comment; texts stand in "quotation marks"',
    };
  }
  if (error instanceof RangeError) {
    return {
      message: 'arrays or tables are nested too deeply',
      fix: 'a slightfile needs three levels at most',
    };
  }
  return {
    message: `this is not TOML (${text.length} characters could not be read)`,
    fix: 'check brackets and quotation marks',
  };
}

/**
 * Where the mistake stands. What is missing at the end of a line is missed by the parser at the beginning of the next one that
 * has something, which is right as it is.
 */
function placeOf(text: string, { message, lineNumber, column }: ParseError): Pick<Span, 'line' | 'column'> {
  const lines = text.split(/\r\n|\r|\n/);
  const before = lines.slice(0, lineNumber - 1).findLastIndex((line) => !/^\s*(#|$)/.test(line));
  const end = lines[before]?.trimEnd() ?? '';
  const blank = lines[lineNumber - 1]?.trim() === '';
  const early = /on the same line|newlines are allowed/i.test(message) || blank || end.endsWith('=');
  return column === 0 && early && end !== ''
    ? { line: before + 1, column: end.length + 1 }
    : { line: lineNumber, column: column + 1 };
}

function addTable(root: Table, node: AST.TOMLTable): void {
  const keys = node.key.keys;
  const last = keys.at(-1)!;
  const parent = descend(root, keys.slice(0, -1), spanOf(node.key));
  if (node.kind === 'array') {
    const table: Table = { kind: 'table', span: spanOf(node.key), entries: new Map() };
    for (const entry of node.body) addKeyValue(table, entry);
    const there = parent.entries.get(nameOf(last))?.value;
    if (there?.kind === 'array') there.items.push(table);
    else {
      const value: Node = { kind: 'array', span: table.span, items: [table] };
      parent.entries.set(nameOf(last), { span: table.span, value });
    }
    return;
  }
  const table = descend(parent, [last], spanOf(node.key));
  for (const entry of node.body) addKeyValue(table, entry);
}

function addKeyValue(table: Table, node: AST.TOMLKeyValue): void {
  const keys = node.key.keys;
  const parent = descend(table, keys.slice(0, -1), spanOf(node.key));
  parent.entries.set(nameOf(keys.at(-1)!), { span: spanOf(node.key), value: readValue(node.value) });
}

/** The table below `table` that dotted keys name, made where it is not there yet. */
function descend(table: Table, keys: readonly AST.TOMLNode[], span: Span): Table {
  let current = table;
  for (const key of keys) {
    const name = nameOf(key as AST.TOMLBare | AST.TOMLQuoted);
    const there = current.entries.get(name);
    if (there?.value.kind === 'table') {
      current = there.value;
      continue;
    }
    const last = there?.value.kind === 'array' ? there.value.items.at(-1) : undefined;
    if (last?.kind === 'table') {
      current = last;
      continue;
    }
    const made: Table = { kind: 'table', span, entries: new Map() };
    if (there === undefined) current.entries.set(name, { span, value: made });
    current = made;
  }
  return current;
}

function readValue(node: AST.TOMLContentNode): Node {
  const span = spanOf(node);
  if (node.type === 'TOMLInlineTable') {
    const table: Table = { kind: 'table', span, entries: new Map() };
    for (const entry of node.body) addKeyValue(table, entry);
    return table;
  }
  if (node.type === 'TOMLArray') return { kind: 'array', span, items: node.elements.map(readValue) };
  switch (node.kind) {
    case 'string':
      return { kind: 'string', span, value: node.value };
    case 'integer':
      return { kind: 'integer', span, value: node.bigint };
    case 'float':
      return { kind: 'float', span, value: node.value };
    case 'boolean':
      return { kind: 'boolean', span, value: node.value };
    default:
      return { kind: 'date', span };
  }
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function spanOf({ loc }: AST.TOMLNode): Span {
  const width = loc.end.line === loc.start.line ? loc.end.column - loc.start.column : 1;
  return { line: loc.start.line, column: loc.start.column + 1, width: Math.max(1, width) };
}
