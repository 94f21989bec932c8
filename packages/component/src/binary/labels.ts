import type { Reader } from './reader.ts';

/** No text matches two branches of it: so a name is refused in linear time. */
const kebab = '(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9]+|[0-9]*[a-z][0-9a-z]*|[0-9]*[A-Z][0-9A-Z]*))*';
const words = '[a-z][0-9a-z]*(?:-[0-9a-z]+)*';
/** Semantic Versioning 2.0, or the short form that stands for all compatible versions. */
const version =
  '(?:(?:0|[1-9]\\d*)(?:\\.(?:0|[1-9]\\d*)){2}(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?|[1-9]\\d*|0\\.[1-9]\\d*)';

const label = new RegExp(`^${kebab}$`);
const plainName = new RegExp(
  `^(?:\\[constructor\\]${kebab}|\\[(?:method|static)\\]${kebab}\\.${kebab}|${kebab})$`,
);
const interfaceName = new RegExp(`^(?:${words}:)+${words}(?:/${kebab})+(?:@${version})?$`);
/** Names of components to fetch: no longer part of the format, but found in older files. */
const dependencyName = /^(?:unlocked-dep|locked-dep|url|relative-url|integrity)=</;

/** Refuses a label (of a field, case, parameter …) that is not in kebab case. */
export function checkLabel(reader: Reader, name: string, offset: number): string {
  if (!label.test(name))
    reader.fail(`The label ${JSON.stringify(name)} is not in kebab case`, offset, 'invalid');
  return name;
}

/** Refuses labels of which two differ in nothing but case. */
export function checkUniqueLabels(
  reader: Reader,
  what: string,
  labels: readonly string[],
  offset: number,
): void {
  const seen = new Set<string>();
  for (const name of labels) {
    const key = name.toLowerCase();
    if (seen.has(key)) reader.fail(`${what} ${JSON.stringify(name)} occurs twice`, offset, 'invalid');
    seen.add(key);
  }
}

/** Refuses the name of an import or export that is of none of the forms that names have. */
export function checkExternName(reader: Reader, name: string, offset: number): string {
  if (plainName.test(name) || interfaceName.test(name) || dependencyName.test(name)) return name;
  return reader.fail(
    `${JSON.stringify(name)} is not a valid extern name: neither in kebab case nor that of an interface`,
    offset,
    'invalid',
  );
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
