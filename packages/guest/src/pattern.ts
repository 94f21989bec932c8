/** What a pattern names: `Params<'/orders/:id'>` is `{ id: string }`; a trailing `*` gives the rest as `rest`. */
export type Params<Path extends string> = string extends Path
  ? { readonly [name: string]: string }
  : { readonly [Name in Names<Path>]: string };

type Names<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? NameOf<First> | Names<Rest>
  : NameOf<Path>;

type NameOf<Part extends string> = Part extends `:${infer Name}` ? Name : Part extends '*' ? 'rest' : never;

/** One part of a path: a text that it has to be, or the name that it gets. */
type Segment =
  | { readonly text: string; readonly name?: undefined }
  | { readonly text?: undefined; readonly name: string };

export interface Pattern {
  readonly source: string;
  readonly segments: readonly Segment[];
  /** Whether whatever follows them fits too. */
  readonly rest: boolean;
}

/** Reads a route's pattern. @throws {TypeError} where it is none */
export function parsePattern(source: string): Pattern {
  const refuse = (why: string) => new TypeError(`the route ${JSON.stringify(source)} ${why}`);
  if (!source.startsWith('/')) throw refuse('must begin with a slash');
  if (/[?#]/.test(source)) throw refuse('must be a path, without ? and #');
  const parts = source.slice(1).split('/');
  const rest = parts.at(-1) === '*';
  if (rest) parts.pop();
  const names = new Set<string>();
  const segments = parts.map((part): Segment => {
    if (part === '*') throw refuse('has a * that does not stand at its end');
    if (!part.startsWith(':')) return { text: decode(part) ?? part };
    const name = part.slice(1);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw refuse(`has a parameter with the name ${JSON.stringify(name)}`);
    if (names.has(name)) throw refuse(`names :${name} twice`);
    names.add(name);
    return { name };
  });
  return { source, segments, rest };
}

/** A path's segments, decoded; undefined where one is no percent-encoded UTF-8. */
export function splitPath(path: string): readonly string[] | undefined {
  if (!path.includes('%')) return path.slice(1).split('/');
  const parts: string[] = [];
  for (const part of path.slice(1).split('/')) {
    const decoded = decode(part);
    if (decoded === undefined) return undefined;
    parts.push(decoded);
  }
  return parts;
}

/** The parameters, where the path fits the pattern. */
export function matchPath(
  pattern: Pattern,
  parts: readonly string[],
): { readonly [name: string]: string } | undefined {
  const { segments, rest } = pattern;
  const { length } = segments;
  if (rest ? parts.length <= length : parts.length !== length) return undefined;
  for (let index = 0; index < length; index++) {
    const { text } = segments[index]!;
    const part = parts[index]!;
    if (text === undefined ? part === '' : part !== text) return undefined;
  }
  const params: Record<string, string> = {};
  for (let index = 0; index < length; index++) {
    const { name } = segments[index]!;
    if (name !== undefined) params[name] = parts[index]!;
  }
  if (rest) params.rest = parts.slice(length).join('/');
  return params;
}

/** Orders patterns from the most particular: at the first difference text goes before a name, a name before the rest. */
export function comparePatterns(a: Pattern, b: Pattern): number {
  const longest = Math.max(a.segments.length, b.segments.length) + 1;
  for (let index = 0; index < longest; index++) {
    const [one, other] = [rankAt(a, index), rankAt(b, index)];
    // Where one of them has ended, they fit no path both.
    if (one === undefined || other === undefined) return 0;
    if (one !== other) return one - other;
  }
  return 0;
}

/** 0: a text, 1: a name, 2: the rest; undefined after the end. */
function rankAt({ segments, rest }: Pattern, index: number): number | undefined {
  const segment = segments[index];
  if (segment !== undefined) return segment.text === undefined ? 1 : 0;
  return rest && index === segments.length ? 2 : undefined;
}

/** Whether two patterns fit exactly the same paths. */
export function samePattern(a: Pattern, b: Pattern): boolean {
  return (
    a.rest === b.rest &&
    a.segments.length === b.segments.length &&
    a.segments.every(({ text }, index) => text === b.segments[index]!.text)
  );
}

function decode(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
