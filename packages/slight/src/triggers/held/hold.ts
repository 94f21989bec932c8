import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpFailure, notHttp } from '../http-message.ts';
import type { Hold, HttpResponse } from '../http-message.ts';
import { checkHead } from '../http-response.ts';
import { mostChannels } from './connections.ts';
import type { HeldConnections } from './connections.ts';
import { beginEventStream, openEventStream } from './event-stream.ts';
import { offeredProtocols } from './upgrade.ts';
import type { HeldOrigin } from './event.ts';
import type { Upgrade } from './upgrade.ts';

const longestChannel = 256;
const largestContext = 64 * 1024;

export interface HeldRequest {
  readonly id: string;
  readonly trace: HeldOrigin['trace'];
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Where the client asked for a websocket. */
  readonly upgrade: Upgrade | undefined;
}

/**
 * Answers a request with a connection that is kept.
 * @throws {HttpFailure} 426 where the client did not ask for a websocket, 502 where the answer makes no sense, 503 where
 * there is no room
 */
export async function holdConnection(
  held: HeldConnections,
  { id, trace, incoming, outgoing, upgrade }: HeldRequest,
  { headers }: Pick<HttpResponse, 'headers'>,
  hold: Hold,
): Promise<void> {
  const { protocol } = hold;
  const origin = { request: id, trace };
  checkHold(hold);
  const { flat } = checkHead({ status: 200, headers }, id);
  if (protocol.name === 'event-stream') {
    if (upgrade !== undefined)
      throw notHttp('the app answered with an event stream where a websocket is wanted');
    if (incoming.method === 'HEAD') {
      beginEventStream(outgoing, flat);
      return void outgoing.end();
    }
    // Behind another request of the same connection its turn comes later.
    if (outgoing.socket === null) await turnOf(outgoing);
    if (outgoing.destroyed) return;
    // Browsers come back by themselves after a connection that ended, and never after an answer that refuses.
    if (held.closing) return void outgoing.destroy();
    if (!held.admits()) throw full(held);
    held.add(hold, origin, lastEventId(incoming), (signals) =>
      openEventStream(outgoing, flat, protocol.retryMs, signals),
    );
    return;
  }
  if (upgrade === undefined) {
    throw new HttpFailure(426, 'Only websockets are served here.', {
      headers: [
        ['upgrade', 'websocket'],
        ['connection', 'upgrade, close'],
        ['sec-websocket-version', '13'],
      ],
    });
  }
  const { subprotocol } = protocol;
  if (subprotocol !== undefined && !offeredProtocols(incoming)?.includes(subprotocol))
    throw notHttp('the app chose a websocket subprotocol that the client did not offer');
  // Loaded with the first websocket: apps without any start faster.
  const { openWebSocket } = await import('./websocket.ts');
  if (!held.admits()) throw full(held);
  const { socket } = upgrade;
  if (outgoing.destroyed || socket.destroyed || !socket.readable) return void outgoing.destroy();
  outgoing.detachSocket(socket);
  held.add(hold, origin, undefined, (signals) =>
    openWebSocket(upgrade, flat, subprotocol, held.message, signals),
  );
}

function turnOf(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once('socket', () => resolve()).once('close', resolve);
  });
}

/** What the client says that it saw last. Node reads headers as Latin-1, and this one is UTF-8. */
function lastEventId({ headers }: IncomingMessage): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' ? Buffer.from(id, 'latin1').toString() : undefined;
}

/** No connection can be held now. */
export function full({ closing, most }: Pick<HeldConnections, 'closing' | 'most'>): HttpFailure {
  return new HttpFailure(503, 'Too many connections are open. Try again soon.', {
    headers: [['retry-after', '1']],
    ...(!closing && { reason: `${most.count} connections are held, and ${most.because} allows no more` }),
  });
}

function checkHold({ channels, context }: Hold): void {
  if (new Set(channels).size > mostChannels)
    throw notHttp(`the app put a connection on more than ${mostChannels} channels`);
  for (const channel of channels) {
    const bytes = Buffer.byteLength(channel);
    if (bytes === 0 || bytes > longestChannel)
      throw notHttp(`the app named a channel of ${bytes} bytes; names have 1 to ${longestChannel}`);
  }
  if (context.length > largestContext)
    throw notHttp(`the app gave a connection a context of ${context.length} bytes; 64 KiB are the most`);
}
