import { describeKind } from './fields.ts';
import { hasPlaceholder } from './interpolate.ts';
import type { Bind, BindSecrets, Setting } from './model.ts';
import type { Report } from './layers.ts';
import { parsePlace } from './place.ts';
import { Secret } from './secret.ts';
import type { Entry, Node, Table } from './tree.ts';

/**
 * Reads the line of a name that the app opens: `name = "bind"` or `name = { bind = "…", setting = … }`. Strings arrive
 * interpolated.
 */
export function readBind(name: string, entry: Entry, where: string, report: Report): Bind | undefined {
  const position = entry.value.span;
  if (!checkName(name, entry, where, report)) return undefined;
  if (entry.value.kind === 'table') {
    const bind = readBindTable(entry.value, entry, where, report);
    return bind === undefined ? undefined : { name, ...bind, ...secretsOf(entry.value), position };
  }
  const bind = readPlace(entry.value, where, report);
  if (bind === undefined) return undefined;
  return { name, bind, config: Object.create(null), ...secretsOf(entry.value), position };
}

/** What of a line is secret; nothing where none was put into it. */
function secretsOf(node: Node): Pick<Bind, 'secrets'> {
  const config: { [key: string]: string } = Object.create(null);
  const values: string[] = [];
  let bind: string | undefined;
  const entries = node.kind === 'table' ? [...node.entries] : [['bind', { value: node }] as const];
  for (const [key, { value }] of entries) {
    if (value.kind !== 'string' || value.hidden === undefined) continue;
    values.push(...value.hidden.values);
    if (key === 'bind') bind = value.value;
    else config[key] = value.value;
  }
  return values.length === 0 ? {} : { secrets: new Secret<BindSecrets>({ bind, config, values }) };
}

function checkName(name: string, { span }: Entry, where: string, report: Report): boolean {
  if (name.includes('${')) {
    report({
      span,
      message: `${where}: a name is never interpolated`,
      fix: 'write the name that the app opens; "${…}" belongs into the value',
    });
    return false;
  }
  if (name === '' || name.length > 128 || /\p{Cc}/u.test(name)) {
    report({
      span,
      message: `${where}: a name has 1 to 128 characters, and no control characters`,
      fix: 'write the name that the app opens',
    });
    return false;
  }
  return true;
}

function readBindTable(
  table: Table,
  entry: Entry,
  where: string,
  report: Report,
): Omit<Bind, 'name' | 'position'> | undefined {
  const place = table.entries.get('bind');
  if (place === undefined) {
    report({
      span: entry.span,
      message: `${where} says no place: its "bind" is missing`,
      fix: 'add bind = "sqlite" or another place to the table',
    });
  }
  const bind = place === undefined ? undefined : readPlace(place.value, `${where} bind`, report);
  const config: { [key: string]: Setting } = Object.create(null);
  for (const [key, { value }] of table.entries) {
    if (key === 'bind') continue;
    const setting = readSetting(value);
    if (setting === undefined) {
      report({
        span: value.span,
        message: `${where} ${key} is a text, a number, true or false, or a list of texts, and ${describeSetting(value)} stands here`,
        fix: 'write a single value, or texts in brackets: ["one", "two"]',
      });
    } else {
      config[key] = setting;
    }
  }
  return bind === undefined ? undefined : { bind, config };
}

function readSetting(node: Node): Setting | undefined {
  switch (node.kind) {
    case 'string':
      return node.hidden?.shown ?? node.value;
    case 'boolean':
      return node.value;
    case 'integer':
      return Number.isSafeInteger(Number(node.value)) ? Number(node.value) : undefined;
    case 'float':
      return Number.isFinite(node.value) ? node.value : undefined;
    case 'array': {
      const texts = node.items.map((item) =>
        item.kind === 'string' && !hasPlaceholder(item.value) ? item.value : undefined,
      );
      return texts.every((text) => text !== undefined) ? texts : undefined;
    }
    default:
      return undefined;
  }
}

function describeSetting(node: Node): string {
  if (node.kind === 'integer') return 'a number beyond 2^53';
  if (node.kind === 'array') {
    // What is granted stands in lists, and no variable may decide that.
    const interpolated = node.items.some((item) => item.kind === 'string' && hasPlaceholder(item.value));
    return interpolated ? 'a list with "${" or "$$", which are not replaced in lists,' : 'another list';
  }
  return node.kind === 'float' ? 'no finite number' : describeKind(node);
}

/** A scheme alone or a URL, as it may be shown. The text is not quoted in errors: it may hold credentials. */
function readPlace(node: Node, where: string, report: Report): string | undefined {
  const fix = 'write where it lives: "memory", "sqlite" or a URL such as "redis://127.0.0.1:6379"';
  if (node.kind !== 'string') {
    report({
      span: node.span,
      message: `${where} is a text that says where it lives, and ${describeKind(node)} stands here`,
      fix,
    });
    return undefined;
  }
  const problem = checkPlace(node.value);
  if (problem === undefined) return node.hidden?.shown ?? node.value;
  report({ span: node.span, message: `${where} ${problem}`, fix });
  return undefined;
}

function checkPlace(bind: string): string | undefined {
  if (bind === '') return 'is empty';
  if (!/^[A-Za-z][A-Za-z0-9+.-]*(:.*)?$/s.test(bind)) return 'is neither a scheme nor a URL';
  if (bind.includes(':') && parsePlace(bind) === undefined)
    return 'is a URL with a mistake in its host or port';
  return undefined;
}
