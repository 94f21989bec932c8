import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { LineSignals } from './connections.ts';
import { farewell } from './connection.ts';
import type { Line } from './connection.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Grants a request for a websocket.
 * @throws {Error} where its connection is no longer whole; it is destroyed then
 */
export function openWebSocket(
  { incoming, socket, head }: Upgrade,
  flat: readonly string[],
  subprotocol: string | undefined,
  maxPayload: number,
  signals: LineSignals,
): Line {
  // Beyond what the library refuses by itself: more than 60 pings that the client reads no answer to, and messages in
  // thousands of fragments.
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: () => subprotocol ?? false,
  });
  server.once('headers', (lines: string[]) => {
    for (let index = 0; index < flat.length; index += 2) {
      if (!isOurs(flat[index]!)) lines.push(`${flat[index]}: ${flat[index + 1]}`);
    }
  });
  let line: Line | undefined;
  server.handleUpgrade(incoming, socket, head, (websocket) => {
    line = makeLine(websocket, socket, signals);
  });
  if (line === undefined) {
    socket.destroy();
    throw new Error('the websocket was refused');
  }
  return line;
}

/** What the handshake says itself, and what says nothing without a body. */
function isOurs(header: string): boolean {
  return /^(sec-websocket-.*|content-(length|type))$/i.test(header);
}

function makeLine(websocket: WebSocket, socket: Socket, signals: LineSignals): Line {
  let ended = false;
  let asked = false;
  const before = { read: 0, sent: 0, full: false };
  const open = () => websocket.readyState === websocket.OPEN;
  websocket.on('message', (data: Buffer, isBinary) => {
    if (!ended) signals.message(isBinary ? data : data.toString());
  });
  // A broken rule of the protocol; the close that follows tells.
  websocket.on('error', () => undefined);
  websocket.once('close', (code, reason) => signals.closed(code, reason.toString()));
  return {
    get pending() {
      return socket.writableLength;
    },
    // Made once for all connections, so past the library, which writes at once where nothing is compressed.
    write(message) {
      if (open()) message.writeFrame(socket);
    },
    beat() {
      // Nothing is read while the app works on a message.
      if (websocket.isPaused || !open()) return;
      const read = socket.bytesRead;
      const sent = socket.bytesWritten - socket.writableLength;
      // No pong comes in the midst of a large message, or leaves behind one: that these move on says as much.
      const alive = read !== before.read || (before.full && sent !== before.sent);
      if (asked && !alive) return websocket.terminate();
      asked = true;
      Object.assign(before, { read, sent, full: socket.writableLength > 0 });
      if (!before.full) websocket.ping();
    },
    end(code, reason) {
      if (ended) return;
      ended = true;
      websocket.close(code, reason);
      // The answer to it must be read.
      websocket.resume();
      const timer = setTimeout(() => websocket.terminate(), farewell);
      websocket.once('close', () => clearTimeout(timer));
    },
    destroy: () => websocket.terminate(),
    pause() {
      if (!ended) websocket.pause();
    },
    resume: () => websocket.resume(),
  };
}
