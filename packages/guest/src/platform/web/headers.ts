/** What Headers can be made of. */
export type HeadersSource =
  | Headers
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | number | undefined };

/** Headers of a Request or Response, by the Fetch Standard. Names are looked up without regard to case. */
export class Headers implements Iterable<[string, string]> {
  readonly #values = new Map<string, string[]>();

  /** @throws {TypeError} for a name or value that no header can have */
  constructor(init?: HeadersSource) {
    if (init === undefined) return;
    if (init instanceof Headers) {
      for (const [name, values] of init.#values) this.#values.set(name, [...values]);
      return;
    }
    const pairs =
      Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
    for (const [name, value] of pairs) if (value !== undefined) this.append(name, String(value));
  }

  append(name: string, value: string): void {
    const key = checkName(name);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [checkValue(value)]);
    else values.push(checkValue(value));
  }

  set(name: string, value: string): void {
    this.#values.set(checkName(name), [checkValue(value)]);
  }

  delete(name: string): void {
    this.#values.delete(checkName(name));
  }

  /** The value, several of one name joined by `, `; null where there is none. */
  get(name: string): string | null {
    return this.#values.get(checkName(name))?.join(', ') ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(checkName(name));
  }

  /** The values of `set-cookie`, which cannot be joined. */
  getSetCookie(): string[] {
    return [...(this.#values.get('set-cookie') ?? [])];
  }

  forEach(callback: (value: string, name: string, parent: Headers) => void): void {
    for (const [name, value] of this) callback(value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, values] of sort(this.#values))
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

function sort(values: ReadonlyMap<string, string[]>): (readonly [string, string[]])[] {
  const entries = [...values];
  return entries.length < 2 ? entries : entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Names that were found to be right, as they were written: a regular expression for each would take longer. */
const known = new Map<string, string>();
const mostKnown = 256;

function checkName(name: string): string {
  const before = known.get(name);
  if (before !== undefined) return before;
  const text = String(name);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text))
    throw new TypeError(`${JSON.stringify(text)} is no name of a header`);
  const lower = text.toLowerCase();
  if (known.size < mostKnown) known.set(text, lower);
  return lower;
}

function checkValue(value: string): string {
  let text = String(value);
  // What stands at neither end needs no search.
  if (isBlank(text.charCodeAt(0)) || isBlank(text.charCodeAt(text.length - 1)))
    text = text.replaceAll(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (text.includes('\n') || text.includes('\r') || text.includes('\0'))
    throw new TypeError('the value of a header has no line breaks and no NUL');
  return text;
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
