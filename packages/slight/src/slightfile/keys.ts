import { type Field, describeValue } from './fields.ts';
import { type Sources, hasPlaceholder, interpolate } from './interpolate.ts';
import { type Report, unknownName } from './layers.ts';
import type { Entry, Node, Table } from './tree.ts';

/** How the strings of a value are treated: `env` is there where the value is in use. */
export interface Use extends Sources {
  readonly report: Report;
}

/** The values in use of a table with fixed keys. `where` is what messages call the table: `[limits]`. */
export function readKeys(
  fields: { readonly [key: string]: Field },
  table: Table,
  where: string,
  useOf: (key: string) => Use,
  report: Report,
): { [key: string]: unknown } {
  const values: { [key: string]: unknown } = {};
  for (const [key, entry] of table.entries) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      report(unknownName(`key "${key}" in ${where}`, key, Object.keys(fields), entry));
      continue;
    }
    const use = useOf(key);
    const node = resolveNode(entry.value, { ...use, secrets: field.secret ? use.secrets : undefined });
    if (node === undefined) continue;
    const reading = field.read(node);
    if ('value' in reading) {
      if (use.env !== undefined) values[key] = reading.value;
    } else {
      const { span, found } = reading.part ?? { span: entry.value.span, found: describeValue(node) };
      const message = `${where} ${key} is ${reading.expected}, and ${found} stands here`;
      report({ span, message, fix: reading.fix });
    }
  }
  return values;
}

/** The value with its strings interpolated. Undefined where that failed or where variables that are not read decide. */
export function resolveNode(node: Node, use: Use): Node | undefined {
  if (node.kind === 'string' && hasPlaceholder(node.value)) {
    const found = interpolate(node.value, node.span, use, use.report);
    return found && { ...node, ...found };
  }
  if (node.kind !== 'table') return node;
  let complete = true;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = resolveNode(entry.value, use);
    if (value === undefined) complete = false;
    else entries.set(key, { ...entry, value });
  }
  return complete ? { ...node, entries } : undefined;
}
