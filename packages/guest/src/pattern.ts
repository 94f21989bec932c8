/** What a pattern names: `Params<'/orders/:id'>` is `{ id: string }`; a trailing `*` gives the rest as `rest`. */
export type Params<Path extends string> = string extends Path
  ? { readonly [name: string]: string }
  : { readonly [Name in Names<Path>]: string };

type Names<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? NameOf<First> | Names<Rest>
  : NameOf<Path>;

type NameOf<Part extends string> = Part extends `:${infer Name}` ? Name : Part extends '*' ? 'rest' : never;

type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'rest' };

export interface Pattern {
  readonly source: string;
  readonly segments: readonly Segment[];
}

/** Reads a route's pattern. @throws {TypeError} where it is none */
export function parsePattern(source: string): Pattern {
  const refuse = (why: string) => new TypeError(`the route ${JSON.stringify(source)} ${why}`);
  if (!source.startsWith('/')) throw refuse('must begin with a slash');
  if (/[?#]/.test(source)) throw refuse('must be a path, without ? and #');
  const parts = source.slice(1).split('/');
  const names = new Set<string>();
  const segments = parts.map((part, index): Segment => {
    if (part === '*') {
      if (index !== parts.length - 1) throw refuse('has a * that does not stand at its end');
      return { kind: 'rest' };
    }
    if (!part.startsWith(':')) return { kind: 'text', text: decode(part) ?? part };
    const name = part.slice(1);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw refuse(`has a parameter with the name ${JSON.stringify(name)}`);
    if (names.has(name)) throw refuse(`names :${name} twice`);
    names.add(name);
    return { kind: 'name', name };
  });
  return { source, segments };
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
  const { segments } = pattern;
  const params: Record<string, string> = {};
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]!;
    if (segment.kind === 'rest') {
      params.rest = parts.slice(index).join('/');
      return params;
    }
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.kind === 'text') {
      if (part !== segment.text) return undefined;
    } else if (part === '') return undefined;
    else params[segment.name] = part;
  }
  return parts.length === segments.length ? params : undefined;
}

const rank = { text: 0, name: 1, rest: 2 } as const;

/** Orders patterns from the most particular: at the first difference text goes before a name, a name before the rest. */
export function comparePatterns(a: Pattern, b: Pattern): number {
  const shared = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < shared; index++) {
    const difference = rank[a.segments[index]?.kind ?? 'rest'] - rank[b.segments[index]?.kind ?? 'rest'];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether two patterns fit exactly the same paths. */
export function samePattern(a: Pattern, b: Pattern): boolean {
  return (
    a.segments.length === b.segments.length &&
    a.segments.every((segment, index) => {
      const other = b.segments[index];
      return segment.kind === 'text'
        ? other?.kind === 'text' && other.text === segment.text
        : other?.kind === segment.kind;
    })
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
