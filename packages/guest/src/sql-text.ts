import type { Value } from 'spiderlightning:cloud/sql@0.6.0';

/** A value whose type its JavaScript form does not say. */
export class SqlTyped {
  /** @internal */
  readonly value: Value;
  /** @internal */
  constructor(value: Value) {
    this.value = value;
  }
}

/**
 * What may stand in a `${}` of a statement: it is bound, never pasted. A whole number is an integer, another one a float; a
 * Date is a timestamp; a Fragment is a piece of SQL with values of its own.
 */
export type SqlInput = null | boolean | number | bigint | string | Uint8Array | Date | SqlTyped | Fragment;

/** A piece of SQL, made by `sql`: its text has a `?` for each value. Nothing that comes from outside is one. */
export class Fragment {
  readonly #text: string;
  readonly #values: readonly Value[];

  /** @internal */
  constructor(text: string, values: readonly Value[]) {
    this.#text = text;
    this.#values = values;
  }

  get text(): string {
    return this.#text;
  }

  get values(): readonly Value[] {
    return this.#values;
  }
}

/** The tag itself, and what makes pieces that `${}` alone cannot. */
export interface SqlTag {
  (strings: TemplateStringsArray, ...values: readonly SqlInput[]): Fragment;
  /** The name of a table or a column, quoted: `sql.identifier('order')`; `sql.identifier('shop', 'order')` is one with a dot. */
  identifier(...parts: readonly string[]): Fragment;
  /** Values with commas between them: `where id in (${sql.list(ids)})`. None: a null, which nothing equals. */
  list(values: readonly SqlInput[]): Fragment;
  /** Pieces with text between them, that of a piece too: `sql.join(conditions, sql` and `)`. Default: a comma. */
  join(pieces: readonly Fragment[], separator?: Fragment): Fragment;
  /** An exact number: `sql.decimal('12.50')`. */
  decimal(text: string): SqlTyped;
  /** A day: `sql.date('2027-01-31')`; of a Date the day in UTC. */
  date(day: string | Date): SqlTyped;
  /** A time of the day: `sql.time('23:59:59')`. */
  time(text: string): SqlTyped;
  /** Both: `sql.timestamp('2027-01-31T23:59:59Z')`. */
  timestamp(text: string | Date): SqlTyped;
  /** A whole number as a float. */
  float(number: number): SqlTyped;
}

/** Makes a piece of SQL in which every `${}` is bound: ``sql`where id = ${id}` ``. */
export const sql: SqlTag = Object.assign(
  (strings: TemplateStringsArray, ...values: readonly SqlInput[]) => toFragment(strings, values),
  {
    identifier(...parts: readonly string[]): Fragment {
      if (parts.length === 0) throw new TypeError('sql.identifier takes a name');
      return new Fragment(parts.map(quoteName).join('.'), []);
    },
    list(values: readonly SqlInput[]): Fragment {
      if (values.length === 0) return new Fragment('null', []);
      return sql.join(values.map((value) => sql`${value}`));
    },
    join(pieces: readonly Fragment[], separator: Fragment = comma): Fragment {
      const text: string[] = [];
      const values: Value[] = [];
      pieces.forEach((piece, index) => {
        for (const each of index === 0 ? [piece] : [separator, piece]) {
          text.push(each.text);
          for (const value of each.values) values.push(value);
        }
      });
      return new Fragment(text.join(''), values);
    },
    decimal: (text: string) => new SqlTyped({ tag: 'decimal', val: whole(text) }),
    date: (day: string | Date) =>
      new SqlTyped({ tag: 'date', val: typeof day === 'string' ? whole(day) : iso(day).slice(0, 10) }),
    time: (text: string) => new SqlTyped({ tag: 'time', val: whole(text) }),
    timestamp: (text: string | Date) =>
      new SqlTyped({ tag: 'timestamp', val: typeof text === 'string' ? whole(text) : iso(text) }),
    float(number: number): SqlTyped {
      if (Number.isNaN(number)) throw noNumber();
      return new SqlTyped({ tag: 'float', val: number });
    },
  },
);

const comma = new Fragment(', ', []);

/**
 * A statement of what a tag is called with.
 * @throws {TypeError} where it was called with a text: that would paste
 */
export function toFragment(strings: TemplateStringsArray | Fragment, values: readonly SqlInput[]): Fragment {
  if (strings instanceof Fragment) return strings;
  if (!Array.isArray(strings) || !Array.isArray((strings as Partial<TemplateStringsArray>).raw))
    throw new TypeError(
      'SQL is written as a template, so that its values are bound: query`select * from t where id = ${id}`, or sql`…`',
    );
  let text = strings[0] ?? '';
  const bound: Value[] = [];
  values.forEach((value, index) => {
    if (value instanceof Fragment) {
      text += value.text;
      // One by one: there may be more of them than arguments of a function.
      for (const each of value.values) bound.push(each);
    } else {
      text += '?';
      bound.push(toValue(value, index));
    }
    text += strings[index + 1];
  });
  return new Fragment(text, bound);
}

function toValue(value: Exclude<SqlInput, Fragment>, index: number): Value {
  switch (typeof value) {
    case 'boolean':
      return { tag: 'boolean', val: value };
    case 'bigint':
      return { tag: 'integer', val: value.toString() };
    case 'number':
      if (Number.isNaN(value)) throw noNumber();
      // Beyond 2^53 a number is no integer that anybody meant.
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? { tag: 'integer', val: value.toString() }
        : { tag: 'float', val: value };
    case 'string':
      return { tag: 'text', val: whole(value) };
    case 'object':
      if (value === null) return { tag: 'null' };
      if (value instanceof SqlTyped) return value.value;
      if (value instanceof Uint8Array) return { tag: 'blob', val: value };
      if (value instanceof Date) return { tag: 'timestamp', val: iso(value) };
  }
  const kind = typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  const what = value === undefined ? 'undefined: null stands for what is not there' : kind;
  throw new TypeError(
    `value ${index + 1} of the statement is ${what}; text, numbers, booleans, bytes and dates can be bound`,
  );
}

function iso(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new TypeError('an invalid Date is no timestamp');
  return date.toISOString();
}

function quoteName(name: string): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0'))
    throw new TypeError('a name is text, and not empty');
  return `"${whole(name).replaceAll('"', '""')}"`;
}

/** A text that leaves the sandbox is UTF-8, which has no halves; what hands it over there would end the app. */
function whole(text: string): string {
  if (text.isWellFormed()) return text;
  throw new TypeError('a text with half a surrogate pair is no value in SQL: see text.toWellFormed()');
}

function noNumber(): TypeError {
  return new TypeError('NaN is no value in SQL; null stands for what is not there');
}
