import { framesOf, trimFrames } from './frames.ts';

/** Deeper than this, and past this many entries, a value is cut short. */
const mostDepth = 4;
const mostEntries = 100;
const mostText = 10_000;

/** Writes a value for a person to read: strings inside of objects are quoted, errors come with their stack. */
export function inspect(value: unknown): string {
  return write(value, [], '');
}

/**
 * One line of a console: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O` and `%c` in the first text stand for the arguments
 * after it; what is left follows, separated by spaces.
 */
export function formatLine(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  let text = '';
  if (typeof first === 'string') {
    text = first.replaceAll(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return '%';
      if (rest.length === 0) return mark;
      return fill(mark, rest.shift());
    });
  } else if (args.length > 0) text = inspect(first);
  for (const value of rest) text += ` ${typeof value === 'string' ? value : inspect(value)}`;
  return text;
}

function fill(mark: string, value: unknown): string {
  switch (mark) {
    case '%s':
      return typeof value === 'string' ? value : inspect(value);
    case '%d':
      return typeof value === 'bigint'
        ? `${value}n`
        : String(typeof value === 'symbol' ? NaN : Number(value));
    case '%i':
      return typeof value === 'bigint' ? `${value}n` : String(Number.parseInt(String(value), 10));
    case '%f':
      return String(Number.parseFloat(String(value)));
    case '%j':
      return toJson(value);
    case '%c':
      return '';
    default:
      return inspect(value);
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch (error) {
    return `[${error instanceof Error ? error.message : String(error)}]`;
  }
}

function write(value: unknown, parents: readonly object[], margin: string): string {
  switch (typeof value) {
    case 'string': {
      if (parents.length === 0) return value;
      return quote(value.length > mostText ? `${value.slice(0, mostText)}…` : value);
    }
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function': {
      const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function';
      return `[${kind}${value.name === '' ? '' : kind === 'class' ? ` ${value.name}` : `: ${value.name}`}]`;
    }
    case 'object':
      return value === null ? 'null' : writeObject(value, parents, margin);
    default:
      return String(value);
  }
}

function writeObject(value: object, parents: readonly object[], margin: string): string {
  if (parents.includes(value)) return '[circular]';
  try {
    if (value instanceof Error) return writeError(value, parents, margin);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    const name = className(value);
    if (parents.length >= mostDepth) return Array.isArray(value) ? '[Array]' : `[${name ?? 'Object'}]`;
    return writeEntries(value, name, [...parents, value], margin);
  } catch (error) {
    // A getter or a proxy of the value's own that throws.
    return `[unreadable: ${error instanceof Error ? error.message : String(error)}]`;
  }
}

function writeEntries(
  value: object,
  name: string | undefined,
  parents: readonly object[],
  margin: string,
): string {
  const inner = `${margin}  `;
  const item = (entry: unknown) => write(entry, parents, inner);
  if (Array.isArray(value)) return bracket('', '[', list(value, value.length, item), ']', margin);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = value as unknown as ArrayLike<number | bigint> & Iterable<number | bigint>;
    return bracket(`${name}(${numbers.length}) `, '[', list(numbers, numbers.length, item), ']', margin);
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (value instanceof Map) {
    const entries = list(value, value.size, ([key, entry]) => `${item(key)} => ${item(entry)}`);
    return bracket(`Map(${value.size}) `, '{', entries, '}', margin);
  }
  if (value instanceof Set)
    return bracket(`Set(${value.size}) `, '{', list(value, value.size, item), '}', margin);
  if (value instanceof Promise) return 'Promise {}';
  if (hasOwnText(value)) return `${name ?? 'Object'} ${quote(String(value))}`;
  const keys = Object.keys(value);
  const entries = list(keys, keys.length, (key) => {
    const label = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
    return `${label}: ${item((value as Record<string, unknown>)[key])}`;
  });
  return bracket(name === undefined ? '' : `${name} `, '{', entries, '}', margin);
}

function writeError(error: Error, parents: readonly object[], margin: string): string {
  let text = error.message === '' ? error.name : `${error.name}: ${error.message}`;
  const own = Object.keys(error).filter((key) => key !== 'stack' && key !== 'message' && key !== 'name');
  if (own.length > 0 && parents.length < mostDepth) {
    const inner = [...parents, error];
    const fields = own.map(
      (key) => `${key}: ${write((error as unknown as Record<string, unknown>)[key], inner, `${margin}  `)}`,
    );
    text += ` { ${fields.join(', ')} }`;
  }
  const frames = trimFrames(framesOf(error));
  if (frames !== '') text += `\n${frames}`;
  if (error.cause !== undefined) text += `\n[cause]: ${write(error.cause, [...parents, error], margin)}`;
  return text;
}

function list<T>(values: Iterable<T>, size: number, item: (value: T) => string): string[] {
  const out: string[] = [];
  for (const value of values) {
    if (out.length === mostEntries) {
      out.push(`… ${size - mostEntries} more`);
      break;
    }
    out.push(item(value));
  }
  return out;
}

function bracket(
  before: string,
  open: string,
  entries: readonly string[],
  close: string,
  margin: string,
): string {
  if (entries.length === 0) return `${before}${open}${close}`;
  const pad = open === '{' ? ' ' : '';
  const line = `${before}${open}${pad}${entries.join(', ')}${pad}${close}`;
  if (line.length <= 100 && !line.includes('\n')) return line;
  const separator = `,\n${margin}  `;
  return `${before}${open}\n${margin}  ${entries.join(separator)}\n${margin}${close}`;
}

function className(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  if (prototype === null || prototype === Object.prototype) return undefined;
  return prototype.constructor?.name ?? undefined;
}

/** Values that have a text of their own (a URL, say) and no fields that would tell more. */
function hasOwnText(value: object): boolean {
  const own = (value as { toString?: unknown }).toString;
  return own !== Object.prototype.toString && typeof own === 'function' && Object.keys(value).length === 0;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}
