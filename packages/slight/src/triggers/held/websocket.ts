import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { LineSignals } from './connections.ts';
import type { Line } from './connection.ts';
import type { Upgrade } from './upgrade.ts';

/** Grants a request for a websocket. */
export function openWebSocket(
  { incoming, socket, head }: Upgrade,
  flat: readonly string[],
  subprotocol: string | undefined,
  maxPayload: number,
  signals: LineSignals,
): Line {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: () => subprotocol ?? false,
  });
  server.once('headers', (lines: string[]) => {
    for (let index = 0; index < flat.length; index += 2) {
      if (!ours.has(flat[index]!.toLowerCase())) lines.push(`${flat[index]}: ${flat[index + 1]}`);
    }
  });
  let line: Line | undefined;
  server.handleUpgrade(incoming, socket, head, (websocket) => {
    line = makeLine(websocket, socket, signals);
  });
  if (line === undefined) throw new Error('the websocket was refused');
  return line;
}

/** What the handshake says itself. */
const ours = new Set(['content-length', 'content-type', 'sec-websocket-accept', 'sec-websocket-protocol']);

function makeLine(websocket: WebSocket, socket: Duplex, signals: LineSignals): Line {
  let alive = true;
  let ended = false;
  const open = () => websocket.readyState === websocket.OPEN;
  websocket.on('message', (data: Buffer, isBinary) => {
    alive = true;
    if (!ended) signals.message(isBinary ? data : data.toString());
  });
  websocket.on('pong', () => (alive = true));
  // A broken rule of the protocol; the close that follows tells.
  websocket.on('error', () => undefined);
  websocket.once('close', (code, reason) => signals.closed(code, reason.toString()));
  return {
    get pending() {
      return socket.writableLength;
    },
    // Made once for all connections, so past the library, which writes at once where nothing is compressed.
    write(message) {
      if (open()) socket.write(message.websocket());
    },
    beat() {
      // Nothing is read while the app works on a message.
      if (websocket.isPaused || !open()) return;
      if (!alive) return websocket.terminate();
      alive = false;
      websocket.ping();
    },
    end(code, reason) {
      if (ended) return;
      ended = true;
      websocket.close(code, reason);
      // The answer to it must be read.
      websocket.resume();
    },
    destroy: () => websocket.terminate(),
    pause() {
      if (!ended) websocket.pause();
    },
    resume: () => websocket.resume(),
  };
}
