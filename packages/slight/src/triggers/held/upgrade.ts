import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request for a websocket, with the connection that it came on. */
export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the head. */
  readonly head: Buffer;
}

/** Whether a request asks for a websocket, in a form that can be granted. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const key = headers['sec-websocket-key'];
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    key !== undefined &&
    /^[+/0-9A-Za-z]{22}==$/.test(key)
  );
}

/** The subprotocols that the client offers. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
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
