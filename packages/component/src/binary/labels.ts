import type { Reader } from './reader.ts';

/** No text matches two branches of it: so a name is refused in linear time. */
const kebab = '(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9]+|[0-9]*[a-z][0-9a-z]*|[0-9]*[A-Z][0-9A-Z]*))*';
const words = '[a-z][0-9a-z]*(?:-[0-9a-z]+)*';
/** Semantic Versioning 2.0, or the short form that stands for all compatible versions. */
const version =
  '(?:(?:0|[1-9]\\d*)(?:\\.(?:0|[1-9]\\d*)){2}(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?|[1-9]\\d*|0\\.[1-9]\\d*)';

const label = new RegExp(`^${kebab}$`);
const lowerLabel = new RegExp(`^${words}$`);
const plainName = new RegExp(
  `^(?:\\[constructor\\]${kebab}|\\[(?:method|static)\\]${kebab}\\.${kebab}|${kebab})$`,
);
const interfaceName = new RegExp(`^(?:${words}:)+${words}(?:/${kebab})+(?:@${version})?$`);
/** Names of components to fetch: no longer part of the format, but found in older files. */
const dependencyName = /^(?:unlocked-dep|locked-dep|url|relative-url|integrity)=</;

/** What a label names, for messages; its last word is what others of its kind are called. */
export type Labelled = 'record field' | 'variant case' | 'flag' | 'enum tag' | 'function parameter';

/** Refuses a label that is not in kebab case. */
export function checkLabel(reader: Reader, what: Labelled, name: string, offset: number): string {
  if (name === '') reader.fail(`${what} name cannot be empty`, offset, 'invalid');
  if (!label.test(name)) reader.fail(`${what} name \`${name}\` is not in kebab case`, offset, 'invalid');
  return name;
}

/** Refuses labels of which two differ in nothing but case. */
export function checkUniqueLabels(
  reader: Reader,
  what: Labelled,
  labels: readonly string[],
  offset: number,
): void {
  const seen = new Map<string, string>();
  for (const name of labels) {
    const key = name.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      const kind = what.split(' ').at(-1);
      const message = `${what} name \`${name}\` conflicts with previous ${kind} name \`${other}\``;
      reader.fail(message, offset, 'invalid');
    }
    seen.set(key, name);
  }
}

/** Refuses the name of an import or export that is of none of the forms that names have. */
export function checkExternName(reader: Reader, name: string, offset: number): string {
  if (plainName.test(name) || interfaceName.test(name) || dependencyName.test(name)) return name;
  return reader.fail(
    `${JSON.stringify(name)} is not a valid extern name: ${findProblem(name)}`,
    offset,
    'invalid',
  );
}

/** What is wrong with a name that has none of the forms. */
function findProblem(name: string): string {
  const [, annotation, rest = ''] = /^\[(constructor|method|static)\](.*)$/.exec(name) ?? [];
  const isMember = annotation !== undefined && annotation !== 'constructor';
  if (isMember && !rest.includes('.')) return 'failed to find `.` character';
  const dot = rest.indexOf('.');
  const parts =
    annotation === undefined
      ? name.includes(':')
        ? name.split('@', 1)[0]!.split(/[:/]/)
        : [name]
      : isMember
        ? [rest.slice(0, dot), rest.slice(dot + 1)]
        : [rest];
  const isWord = (part: string, index: number): boolean =>
    // Namespaces and packages have no capitals.
    name.includes(':') && index < parts.length - 1 ? lowerLabel.test(part) : label.test(part);
  const bad = parts.find((part, index) => !isWord(part, index));
  return bad === undefined
    ? 'neither in kebab case nor that of an interface'
    : `\`${bad}\` is not in kebab case`;
}

/**
 * What makes two import (or export) names the same name: case, and the annotation, do not set them apart, except that a
 * constructor may bear its resource's name.
 */
export function canonicalExternName(name: string): string {
  const lower = name.toLowerCase();
  const annotated = /^\[(method|static)\](.*)$/.exec(lower);
  if (annotated !== null) {
    const [resource, member] = annotated[2]!.split('.');
    return resource === member ? resource! : annotated[2]!;
  }
  if (lower.startsWith('[constructor]')) return lower;
  return lower.replace(/^\[[^\]]*\]/, '');
}
