import type { ServerResponse } from 'node:http';
import { printable } from '../host/log/log.ts';
import { connectionOptions, isHopByHop, mostHeaders, notHttp } from './http-message.ts';
import type { HttpFailure, HttpResponse } from './http-message.ts';

/** An answer that is there as a whole. */
export interface WholeResponse extends HttpResponse {
  /** Text is ASCII: as many bytes as characters. */
  readonly body: Uint8Array | string;
}

/** Of a body that is text: Node sends it in one piece with the head, whose bytes are Latin-1. */
export const bodyEncoding = 'latin1';

/** An answer whose text, where its body is text, can be sent as it stands. */
export function encodeBody(response: HttpResponse, body: Uint8Array | string): WholeResponse {
  const plain = typeof body !== 'string' || Buffer.byteLength(body) === body.length;
  return { ...response, body: plain ? body : Buffer.from(body) };
}

const validName = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const invalidInValue = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** Most characters of a name in the log. */
const longestQuote = 100;

/** The head of an answer, checked. */
export interface CheckedHead {
  /** The headers to send, as the flat list that `writeHead` takes, without those of one connection. */
  readonly flat: string[];
  /** What the app says of the length of its body. */
  readonly length: number | undefined;
}

/**
 * The headers to send with an answer that is there as a whole: with the length of the body and the id of the request.
 * @param head - the request was HEAD: without a body the length is the app's own statement, or not known
 * @throws {HttpFailure} 502 where the answer is not HTTP
 */
export function checkResponse(response: WholeResponse, head: boolean, id: string): string[] {
  const { status, body } = response;
  const { flat, length } = checkHead(response, id);
  // With 204 no length may stand, with 304 only that of another answer.
  if (status === 204 || status === 304) return flat;
  const sent = head && body.length === 0 ? length : body.length;
  if (sent !== undefined) flat.push('content-length', String(sent));
  return flat;
}

/** @throws {HttpFailure} 502 where the head is not HTTP */
export function checkHead(response: Pick<HttpResponse, 'status' | 'headers'>, id: string): CheckedHead {
  const { status, headers } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw notHttp(`the app answered with status ${status}; a response has 200 to 599`);
  }
  if (headers.length > mostHeaders) throw notHttp(`the app answered with more than ${mostHeaders} headers`);
  const listed = connectionOptions(headers.find(([name]) => name.toLowerCase() === 'connection')?.[1]);
  const flat: string[] = ['x-request-id', id];
  let length: string | undefined;
  for (const [name, value] of headers) {
    if (!validName.test(name)) throw notHttp(`the app answered with a header named ${quote(name)}`);
    const bad = invalidInValue.exec(value);
    if (bad !== null) {
      throw notHttp(
        `the app answered with a header ${shorten(name)} whose value has ${quote(bad[0])}, which HTTP does not allow`,
      );
    }
    const lower = name.toLowerCase();
    if (lower === 'content-length') length = value;
    else if (lower !== 'x-request-id' && !isHopByHop(lower, listed)) flat.push(name, value);
  }
  return { flat, length: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined };
}

/** What an app gave, for a line of the log. */
function quote(text: string): string {
  return printable(JSON.stringify(shorten(text)));
}

function shorten(text: string): string {
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
}

/** Sends an answer whose headers are checked. */
export function sendResponse(
  outgoing: ServerResponse,
  response: Pick<WholeResponse, 'status' | 'body'>,
  headers: string[],
): void {
  outgoing.writeHead(response.status, headers);
  // Node itself sends no body after HEAD, 204 and 304.
  outgoing.end(response.body, bodyEncoding);
}

/** The answer to a request that failed, as plain text. */
export function failureResponse(failure: HttpFailure, id: string): WholeResponse {
  return {
    status: failure.status,
    headers: [
      ['content-type', 'text/plain; charset=utf-8'],
      ['cache-control', 'no-store'],
      ['x-content-type-options', 'nosniff'],
      ...failure.headers,
    ],
    body: Buffer.from(`${failure.message}\nRequest id: ${id}\n`),
  };
}
