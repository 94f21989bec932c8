import { HttpError } from '@spiderlightning/guest';

/** What a client may send. Whatever is wrong is an HttpError that says so; nothing is taken as it comes. */

export interface Message {
  /** The client's own name for it: what is sent again has the same one. */
  readonly id: string;
  readonly room: string;
  /** From 1, without a gap. */
  readonly position: number;
  readonly name: string;
  readonly text: string;
  /** ISO 8601, by the clock of the host that took it. */
  readonly time: string;
}

export interface Draft {
  readonly id: string;
  readonly text: string;
  /** How far the client had read when it said this for the first time. */
  readonly seen: number;
}

export const longestName = 24;
export const longestText = 2_000;

/** Letters and digits of all scripts; what stands between is plain. */
const namePattern = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._'-]*[\p{L}\p{M}\p{N}.])?$/u;
const roomPattern = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/;
const idPattern = /^[A-Za-z0-9-]{8,64}$/;
/** Invisible characters that turn the direction of what follows, and control characters other than a new line. */
const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function readName(body: unknown): string {
  const name = field(body, 'name').normalize('NFKC').trim().replace(/\s+/gu, ' ');
  if ([...name].length > longestName || !namePattern.test(name))
    throw new HttpError(
      400,
      `"name": 1 to ${longestName} letters and digits, with spaces or . _ ' - between them`,
    );
  return name;
}

/** Names that differ in this alone are taken for one. */
export function foldName(name: string): string {
  return encodeURIComponent(name.toLowerCase());
}

export function readRoom(name: string): string {
  if (roomPattern.test(name)) return name;
  throw new HttpError(400, 'the name of a room: 1 to 24 of a-z, 0-9 and - between them');
}

export function readDraft(body: unknown): Draft {
  const id = field(body, 'id');
  if (!idPattern.test(id))
    throw new HttpError(400, '"id": 8 to 64 of A-Z, a-z, 0-9 and -, new for each message');
  const text = field(body, 'text')
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', ' ')
    .replace(unseen, '')
    .trim();
  const length = [...text].length;
  if (length < 1 || length > longestText)
    throw new HttpError(400, `"text": 1 to ${longestText} characters, not ${length}`);
  const { seen = 0 } = body as { seen?: unknown };
  return { id, text, seen: readPosition('seen', seen) };
}

/** A number of the query or of a body. */
export function readPosition(what: string, value: unknown): number {
  const position = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof position === 'number' && Number.isSafeInteger(position) && position >= 0) return position;
  throw new HttpError(400, `"${what}": a position, which is a whole number from 0`);
}

export function readConnection(body: unknown): string {
  const connection = field(body, 'connection');
  if (/^[\w.:-]{1,80}$/.test(connection)) return connection;
  throw new HttpError(400, '"connection": as the event "hello" had it');
}

/** A text of a JSON object. */
export function field(body: unknown, name: string): string {
  const value =
    typeof body === 'object' && body !== null ? (body as { [name: string]: unknown })[name] : undefined;
  if (typeof value === 'string') return value;
  throw new HttpError(400, `"${name}": a text in a JSON object`);
}
