import type { Reader } from './reader.ts';

const label = /^([a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(-([0-9a-z]+|[0-9A-Z]+))*$/;

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
