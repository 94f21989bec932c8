/** Stands for `node:path` in a page. */
export function join(...parts: string[]): string {
  return new URL(parts.join('/'), 'file:///').pathname;
}
