import { compareUtf8 } from './order.ts';

export interface PageOptions {
  readonly prefix?: string;
  /** From an earlier page. */
  readonly cursor?: string;
  readonly limit?: number;
}

/**
 * One page of names, in the order of their UTF-8 bytes. The cursor is the last name of the page before, so names that
 * come and go between pages disturb nothing.
 * @param broken the error for a cursor that no page has given
 */
export function listAfter(
  all: Iterable<string>,
  { prefix = '', cursor, limit = 1_000 }: PageOptions,
  broken: () => Error,
): { readonly names: string[]; readonly cursor?: string } {
  if (cursor !== undefined && !/^[\w-]+$/.test(cursor)) throw broken();
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  const names = Array.from(all)
    .filter((name) => name.startsWith(prefix) && (after === undefined || compareUtf8(name, after) > 0))
    .toSorted(compareUtf8);
  if (names.length <= limit) return { names };
  const page = names.slice(0, limit);
  return { names: page, cursor: Buffer.from(page.at(-1)!).toString('base64url') };
}
