import type { Checked } from './order.ts';

const mostPerPage = 100;
const usualPerPage = 20;

/** Reads `?limit=`: how many orders a page should have. */
export function checkLimit(text: string | undefined): Checked<number> {
  if (text === undefined) return { value: usualPerPage };
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= mostPerPage) return { value: limit };
  return {
    problems: [`limit: must be a whole number from 1 to ${mostPerPage}, not ${JSON.stringify(text)}`],
  };
}

/** The address of the page after this one. */
export function nextPage(cursor: string | undefined, limit: number): string | null {
  return cursor === undefined ? null : `/orders?limit=${limit}&cursor=${encodeURIComponent(cursor)}`;
}
