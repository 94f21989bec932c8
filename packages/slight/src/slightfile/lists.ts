import { type Use, readKeys } from './keys.ts';
import type { Report } from './layers.ts';
import { type ListName, lists, neededKeys } from './schema.ts';
import type { Table } from './tree.ts';

/** What the keys of a table stand for where it does not say them. */
const defaults = {
  schedule: {
    cron: undefined,
    every: undefined,
    zone: 'UTC',
    overlap: 'skip',
    missed: 'skip',
    leader: undefined,
  },
  watch: { prefix: '', key: undefined },
  subscription: { topics: [], group: 'app', concurrency: 4, batch: 1 },
} as const;

/** Reads the tables of one name: `[[schedule]]` … Those that say too little are told of, and left out. */
export function readList(name: ListName, items: readonly Table[], prefix: string, use: Use): object[] {
  const where = `[[${prefix}${name}]]`;
  const known = new Set<unknown>();
  return items.flatMap((table) => {
    const { line, column } = table.span;
    const values = readKeys(lists[name], table, where, () => use, use.report);
    const complete = checkKeys(name, table, where, use.report);
    if (!complete || use.env === undefined) return [];
    if (known.has(values.name)) {
      use.report({
        span: table.entries.get('name')!.span,
        message: `${where}: the name "${String(values.name)}" is there twice`,
        fix: 'give each a name of its own: logs and locks go by it',
      });
    }
    known.add(values.name);
    return [{ ...defaults[name], ...values, position: { line, column } }];
  });
}

function checkKeys(name: ListName, table: Table, where: string, report: Report): boolean {
  const { span, entries } = table;
  const missing = neededKeys[name].filter((key) => !entries.has(key));
  for (const key of missing) {
    const { doc, example } = (lists[name] as { [key: string]: { doc: string; example: string } })[key]!;
    report({
      span,
      message: `${where} has no ${key}`,
      fix: `add ${key} = ${example} (${doc.charAt(0).toLowerCase()}${doc.slice(1)})`,
    });
  }
  const both = entries.has('prefix') && entries.has('key');
  if (name === 'watch' && both) {
    report({ span, message: `${where} says both prefix and key`, fix: 'leave one of them out' });
    return false;
  }
  if (name !== 'schedule' || entries.has('cron') !== entries.has('every')) return missing.length === 0;
  report({
    span,
    message: entries.has('cron')
      ? `${where} says both cron and every`
      : `${where} says neither cron nor every: its time never comes`,
    fix: 'write either cron = "0 2 * * *" or every = "5m"',
  });
  return false;
}
