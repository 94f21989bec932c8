import { parseEnv } from 'node:util';
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { CapabilityError } from '../../core/error.ts';

/** Texts, numbers as they are written, booleans, null, lists and tables. */
type Value = string | WrittenNumber | boolean | null | readonly Value[] | Table;
type Table = Map<string, Value>;

/** A number keeps its digits, also those that JavaScript would lose. */
class WrittenNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Reads a text. What it throws is not shown: it may quote the text. */
type Format = (text: string) => Value;

/** The formats by name, which is also how files of that format end. */
export const formats: ReadonlyMap<string, Format> = new Map([
  ['toml', readToml],
  ['json', (text) => fromJson(JSON.parse(text, keepDigits))],
  ['env', (text) => fromJson(parseEnv(text))],
]);

/**
 * The values of a file, as text under keys; those in tables have keys joined by dots, lists are JSON, and what is null
 * is not there.
 * @throws {CapabilityError} `unavailable`: it cannot be understood; whoever writes it may be in the middle of it
 */
export function readValues(text: string, format: Format): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let root: Value;
  try {
    root = format(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    const place = error instanceof ParseError ? ` (line ${error.lineNumber})` : '';
    throw new CapabilityError('unavailable', `the file cannot be understood${place}. Correct it`);
  }
  if (!(root instanceof Map))
    throw new CapabilityError('unavailable', 'the file holds no keys. Write an object into it');
  collect(root, '', values);
  return values;
}

function collect(table: Table, prefix: string, values: Map<string, string>): void {
  for (const [key, value] of table) {
    if (value instanceof Map) collect(value, `${prefix}${key}.`, values);
    else if (value !== null) values.set(`${prefix}${key}`, typeof value === 'string' ? value : toJson(value));
  }
}

function toJson(value: Value): string {
  if (value instanceof WrittenNumber) return value.text;
  if (value instanceof Map)
    return `{${[...value].map(([key, each]) => `${JSON.stringify(key)}:${toJson(each)}`).join(',')}}`;
  return Array.isArray(value) ? `[${value.map(toJson).join(',')}]` : JSON.stringify(value);
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value)) : value;
}

function fromJson(value: unknown): Value {
  if (value instanceof WrittenNumber || typeof value !== 'object' || value === null) return value as Value;
  if (Array.isArray(value)) return value.map(fromJson);
  return new Map(Object.entries(value).map(([key, each]) => [key, fromJson(each)]));
}

function readToml(text: string): Table {
  const root: Table = new Map();
  for (const node of parseTOML(text, { tomlVersion: '1.0' }).body[0].body) {
    if (node.type === 'TOMLKeyValue') addTo(root, node);
    else addTable(root, node);
  }
  return root;
}

/** Numbers in the path are the places of tables in a list, which come in order. */
function addTable(root: Table, { resolvedKey, body }: AST.TOMLTable): void {
  let table = root;
  for (const [depth, part] of resolvedKey.entries()) {
    if (typeof part === 'number') continue;
    const place = resolvedKey[depth + 1];
    if (typeof place === 'number') {
      const list = (table.get(part) ?? []) as Table[];
      table.set(part, list);
      table = list[place] ??= new Map();
    } else table = inner(table, part);
  }
  for (const node of body) addTo(table, node);
}

function addTo(table: Table, { key, value }: AST.TOMLKeyValue): void {
  const names = key.keys.map((each) => (each.type === 'TOMLBare' ? each.name : each.value));
  const last = names.pop()!;
  names.reduce(inner, table).set(last, fromToml(value));
}

function inner(table: Table, name: string): Table {
  const found = table.get(name);
  if (found instanceof Map) return found;
  const made: Table = new Map();
  table.set(name, made);
  return made;
}

function fromToml(node: AST.TOMLContentNode): Value {
  if (node.type === 'TOMLArray') return node.elements.map(fromToml);
  if (node.type === 'TOMLInlineTable') {
    const table: Table = new Map();
    for (const each of node.body) addTo(table, each);
    return table;
  }
  switch (node.kind) {
    case 'string':
    case 'boolean':
      return node.value;
    case 'integer':
      return new WrittenNumber(String(node.bigint));
    case 'float':
      // `inf` and `nan` are no numbers of JSON.
      return Number.isFinite(node.value) ? new WrittenNumber(String(node.value)) : node.number;
    default:
      return node.datetime;
  }
}
