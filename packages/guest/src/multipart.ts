import { HttpError } from './error.ts';
import { TextDecoder, bytesToBinary } from './platform/text.ts';

/** One part of a `multipart/form-data` body. */
export interface Part {
  readonly name: string;
  /** Undefined: the part is no file. */
  readonly filename?: string;
  readonly type: string;
  /** A view on the body. */
  readonly bytes: Uint8Array;
}

/** Bytes of the headers of one part. */
const mostHead = 8 * 1024;

/**
 * Takes a body apart, part by part (RFC 7578). The search runs over the body as a text of bytes, since what QuickJS
 * does natively is far faster than a loop.
 * @throws {HttpError} 400 where the body is broken
 */
export function* readMultipart(body: Uint8Array, contentType: string): Generator<Part, void, undefined> {
  const boundary = findBoundary(contentType);
  const delimiter = `\r\n--${boundary}`;
  // The first delimiter needs no line before it.
  const text = `\r\n${bytesToBinary(body)}`;
  const broken = (why: string) => new HttpError(400, `the form is broken: ${why}`);
  let at = text.indexOf(delimiter);
  if (at < 0) throw broken('the boundary of its content-type is nowhere in it');
  for (;;) {
    at += delimiter.length;
    if (text.startsWith('--', at)) return;
    while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at++;
    if (!text.startsWith('\r\n', at)) throw broken('a boundary has something after it');
    // From the line break on, so that a part without headers has an empty head.
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0 || end - at > mostHead)
      throw broken(`a part has no end of its headers within ${mostHead} bytes`);
    const head = new TextDecoder().decode(body.subarray(at, Math.max(end - 2, at)));
    const start = end + 4;
    at = text.indexOf(delimiter, end + 2);
    if (at < 0) throw broken('it ends before its last boundary');
    // In the body everything lies two bytes before its place in the text.
    yield { ...readHead(head, broken), bytes: body.subarray(start - 2, Math.max(at - 2, start - 2)) };
  }
}

function findBoundary(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain ?? '';
  if (boundary.length >= 1 && boundary.length <= 70) return boundary;
  throw new HttpError(400, 'the content-type of the form names no boundary of 1 to 70 characters');
}

function readHead(head: string, broken: (why: string) => HttpError): Omit<Part, 'bytes'> {
  const headers = new Map(
    head.split('\r\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const disposition = headers.get('content-disposition') ?? '';
  if (!/^form-data\s*(;|$)/i.test(disposition)) throw broken('a part is no field of a form');
  const name = parameter(disposition, 'name');
  if (name === undefined) throw broken('a field has no name');
  const filename = parameter(disposition, 'filename');
  const type =
    headers.get('content-type') ?? (filename === undefined ? 'text/plain' : 'application/octet-stream');
  return { name, type, ...(filename !== undefined && { filename }) };
}

/** Browsers write quotes and line breaks of a name as %22, %0D and %0A, and no other character so; others escape with a backslash. */
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition);
  const value = found?.[1] ?? found?.[2];
  return value
    ?.replaceAll(/\\(["\\])/g, '$1')
    .replaceAll('%22', '"')
    .replaceAll(/%0d/gi, '\r')
    .replaceAll(/%0a/gi, '\n');
}
