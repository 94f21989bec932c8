import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** A request for a websocket, with the connection that it came on. */
export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  /** What came behind the head. */
  readonly head: Buffer;
}

/** Whether a request asks for a websocket, in a form that can be granted. */
export function asksForWebSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  const key = headers['sec-websocket-key'];
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    // Whoever sends a body cannot mean the frames that would follow.
    headers['transfer-encoding'] === undefined &&
    (headers['content-length'] ?? '0') === '0' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    key !== undefined &&
    /^[+/0-9A-Za-z]{22}==$/.test(key)
  );
}

/** The subprotocols that the client offers; undefined where that is no list of different names. */
export function offeredProtocols({ headers }: IncomingMessage): string[] | undefined {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined) return [];
  const names = offered.split(',').map((name) => name.trim());
  const sound = names.every((name) => /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(name));
  return sound && new Set(names).size === names.length ? names : undefined;
}

/**
 * Whether a page of this origin may open a websocket here: browsers send cookies along whatever page asks, and do not
 * keep it from reading what comes. Programs that are no browsers send no origin.
 * @param url - the request's own, absolute
 * @param allowed - further origins; `*` allows all
 */
export function admitsOrigin(origin: string | undefined, url: string, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes('*')) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (page.host === new URL(url).host) return true;
  return allowed.some((each) => URL.canParse(each) && new URL(each).origin === page.origin);
}
