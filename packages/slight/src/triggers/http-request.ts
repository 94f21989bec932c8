import type { IncomingMessage } from 'node:http';
import { connectionOptions, HttpFailure, isHopByHop } from './http-message.ts';
import type { HttpRequest } from './http-message.ts';

/** What the target, the authority and the client's address of a request may rest on. */
export interface RequestOrigin {
  /** The address that this server listens on, for clients that name no host. */
  readonly authority: string;
  /** Believe `X-Forwarded-*`: a trusted proxy stands in front and appends to them. */
  readonly forwarded: boolean;
}

const validAuthority = /^(?:[\w.~%!$&'()*+,;=-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;
const validId = /^[\w.:/+=-]{1,128}$/;

/** The id that a client or proxy gave to the request, where it is one that can stand in a log. */
export function readRequestId(incoming: IncomingMessage): string | undefined {
  const given = incoming.headers['x-request-id'];
  return typeof given === 'string' && validId.test(given) ? given : undefined;
}

/**
 * The request without its body.
 * @throws {HttpFailure} 400
 */
export function readHead(
  incoming: IncomingMessage,
  id: string,
  origin: RequestOrigin,
): Omit<HttpRequest, 'body'> {
  const { headers } = incoming;
  let scheme = 'http';
  let authority = headers.host ?? origin.authority;
  let remote = incoming.socket.remoteAddress ?? '';
  if (origin.forwarded) {
    // The last entry is the one that the proxy in front wrote; those before it are the client's own claims.
    if (lastEntry(headers['x-forwarded-proto']) === 'https') scheme = 'https';
    authority = lastEntry(headers['x-forwarded-host']) ?? authority;
    remote = lastEntry(headers['x-forwarded-for']) ?? remote;
  }
  return {
    method: incoming.method ?? 'GET',
    url: absoluteUrl(incoming.url ?? '/', scheme, authority),
    headers: readHeaders(incoming),
    remote: plainAddress(remote),
    id,
  };
}

function absoluteUrl(target: string, scheme: string, authority: string): string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(target);
  const named = absolute?.[1] ?? authority;
  if (!validAuthority.test(named) || !URL.canParse(`http://${named}`)) {
    throw new HttpFailure(400, 'The Host header is not a host name.');
  }
  const encoded = target.replace(/[^\u0021-\u007e]/g, (char) => encodeByte(char));
  if (absolute !== null) return encoded;
  if (target === '*') return `${scheme}://${authority}`;
  if (!target.startsWith('/')) throw new HttpFailure(400, 'The request target is not a path.');
  return `${scheme}://${authority}${encoded}`;
}

// Node gives the bytes of the target as Latin-1 characters.
function encodeByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function readHeaders(incoming: IncomingMessage): [string, string][] {
  const raw = incoming.rawHeaders;
  const listed = connectionOptions(incoming.headers.connection);
  const headers: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (!isHopByHop(name, listed)) headers.push([name, raw[index + 1]!]);
  }
  return headers;
}

function lastEntry(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value.at(-1) : value;
  return text?.split(',').at(-1)?.trim() || undefined;
}

/** Without port, brackets, and the prefix of IPv4 addresses on an IPv6 socket. */
function plainAddress(address: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(address);
  if (bracketed !== null) return bracketed[1]!;
  if (/^[\d.]+:\d+$/.test(address)) return address.slice(0, address.indexOf(':'));
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
