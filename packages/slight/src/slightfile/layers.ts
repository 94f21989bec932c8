import type { Problem } from './error.ts';
import { describeKind } from './fields.ts';
import { nearestName } from './nearest.ts';
import { bindTables } from './model.ts';
import { type ListName, type TableName, lists, specversions, tables } from './schema.ts';
import type { Entry, Table } from './tree.ts';

export type Report = (problem: Problem) => void;

/** The file itself, or one of its targets. */
export interface Layer {
  /** What stands before the name of a table in its header: nothing, or `target.NAME.`. */
  readonly prefix: string;
  readonly tables: Map<string, Table>;
  readonly lists: Map<ListName, readonly Table[]>;
  /** `base` counts where `chosen` says nothing; `idle` is checked only. */
  readonly state: 'base' | 'chosen' | 'idle';
}

const listNames: readonly string[] = Object.keys(lists);
const tableNames: readonly string[] = [...(Object.keys(tables) as TableName[]), ...bindTables];

/** Whether the file is of a version that this parser reads; says what is wrong where it is not. */
export function checkSpecversion(root: Table, report: Report): boolean {
  const entry = root.entries.get('specversion');
  const served = specversions.map((version) => `"${version}"`).join(', ');
  const fix = `write specversion = ${served} at the top`;
  if (entry === undefined) {
    report({ span: root.span, message: 'specversion is missing', fix });
    return false;
  }
  const { span, value } = entry;
  if (value.kind === 'string' && specversions.some((version) => version === value.value)) return true;
  if (value.kind === 'string' && (value.value === '0.1' || value.value === '0.2')) {
    report({
      span: value.span,
      message: `files of specversion "${value.value}" are not read by this version of slight; it reads ${served}`,
      fix: `${fix}, and each [[capability]] as a line such as name = "sqlite" below [keyvalue]`,
    });
  } else {
    const found = value.kind === 'string' ? `"${value.value}"` : describeKind(value);
    report({
      span: value.span ?? span,
      message: `specversion is ${found}, this version of slight reads ${served}`,
      fix,
    });
  }
  return false;
}

/** The base and every target, the chosen one marked. */
export function readLayers(root: Table, chosen: string | undefined, report: Report): Layer[] {
  const targets = root.entries.get('target');
  const layers = [readLayer(root, '', 'base', ['specversion', 'target'], report)];
  const names: string[] = [];
  for (const [name, entry] of tableOf('target', targets, report)?.entries ?? []) {
    names.push(name);
    const table = tableOf(`target.${name}`, entry, report);
    if (table === undefined) continue;
    layers.push(readLayer(table, `target.${name}.`, name === chosen ? 'chosen' : 'idle', [], report));
  }
  if (chosen !== undefined && !names.includes(chosen)) {
    const near = nearestName(chosen, names);
    report({
      span: targets?.span,
      message: `there is no target "${chosen}"${near === undefined ? '' : `; is "${near}" meant?`}`,
      fix:
        names.length === 0
          ? `this file has no targets: leave --target out, or add a table such as [target.${chosen}.keyvalue]`
          : `name one of this file's targets: ${names.join(', ')}`,
    });
  }
  return layers;
}

function readLayer(
  table: Table,
  prefix: string,
  state: Layer['state'],
  others: readonly string[],
  report: Report,
): Layer {
  const known = [...tableNames, ...listNames, ...others];
  const found = new Map<string, Table>();
  const foundLists = new Map<ListName, readonly Table[]>();
  for (const [name, entry] of table.entries) {
    if (others.includes(name)) continue;
    if (tableNames.includes(name)) {
      const inner = tableOf(`${prefix}${name}`, entry, report);
      if (inner !== undefined) found.set(name, inner);
    } else if (listNames.includes(name)) {
      foundLists.set(name as ListName, listOf(`${prefix}${name}`, entry, report));
    } else {
      const what = entry.value.kind === 'table' || entry.value.kind === 'array' ? 'table' : 'key';
      report(
        unknownName(`${what} ${what === 'table' ? `[${prefix}${name}]` : `"${name}"`}`, name, known, entry),
      );
    }
  }
  return { prefix, tables: found, lists: foundLists, state };
}

/** The problem of a name that nobody knows, with the nearest that somebody does. */
export function unknownName(what: string, name: string, known: readonly string[], entry: Entry): Problem {
  const near = nearestName(name, known);
  const listed = known.join(', ');
  return {
    span: entry.span,
    message: `unknown ${what}`,
    fix:
      near === undefined
        ? `known here: ${listed}`
        : `write ${near}, if that is meant (known here: ${listed})`,
  };
}

function tableOf(name: string, entry: Entry | undefined, report: Report): Table | undefined {
  if (entry === undefined) return undefined;
  if (entry.value.kind === 'table') return entry.value;
  report({
    span: entry.span,
    message: `"${name}" is a table, and ${describeKind(entry.value)} stands here`,
    fix: `write [${name}] on a line of its own, its keys below`,
  });
  return undefined;
}

function listOf(name: string, { span, value }: Entry, report: Report): Table[] {
  const items = value.kind === 'array' ? value.items : [];
  const found = items.filter((item): item is Table => item.kind === 'table');
  if (value.kind === 'array' && found.length === items.length) return found;
  report({
    span,
    message: `"${name}" is a list of tables, and ${describeKind(value)} stands here`,
    fix: `write [[${name}]], in two pairs of brackets, on a line of its own, its keys below`,
  });
  return found;
}
