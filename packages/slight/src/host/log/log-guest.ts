import type { GuestLine } from './log.ts';

/** Most characters of one message, and of all its fields: a guest may say more than a log has room for. */
const longest = 32_768;

/** What is shown of what a guest says. */
export function shortenGuestLine(message: string, { context = '', fields = [] }: GuestLine) {
  const kept: [name: string, value: string][] = [];
  let left = longest;
  for (const [name, value] of fields) {
    if (left <= 0) break;
    kept.push([shorten(name, left), shorten(value, left)]);
    left -= name.length + value.length;
  }
  return { message: shorten(message.trimEnd(), longest), context: shorten(context, longest), fields: kept };
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
