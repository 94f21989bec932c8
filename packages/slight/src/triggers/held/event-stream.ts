import type { ServerResponse } from 'node:http';
import type { LineSignals } from './connections.ts';
import { bodyEncoding } from '../http-response.ts';
import { farewell } from './connection.ts';
import type { Line } from './connection.ts';

const comment = Buffer.from(':\n\n');
/** Signs of life in a row of which a client may take nothing before it counts as gone. */
const patience = 3;

/** Headers of every event stream, unless the app has its own. `x-accel-buffering` tells nginx not to collect events. */
const standard = [
  ['content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'no-store'],
  ['x-accel-buffering', 'no'],
] as const;

/** Begins an answer as an event stream. */
export function beginEventStream(outgoing: ServerResponse, flat: readonly string[]): void {
  const headers = [...flat];
  const named = new Set(flat.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  for (const [name, value] of standard) if (!named.has(name)) headers.push(name, value);
  // The end of the connection is the end of the stream: events need no chunks around them.
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(200, headers);
}

/** Makes a line of an answer that has its connection and has not begun. */
export function openEventStream(
  outgoing: ServerResponse,
  flat: readonly string[],
  retryMs: number | undefined,
  signals: LineSignals,
): Line {
  const socket = outgoing.socket!;
  beginEventStream(outgoing, flat);
  socket.setNoDelay(true);
  outgoing.write(retryMs === undefined ? comment : `retry: ${retryMs}\n\n`, bodyEncoding);

  let ended: { code: number; reason: string } | undefined;
  let stuck = 0;
  let taken = 0;
  outgoing.once('close', () => signals.closed(ended?.code ?? 1006, ended?.reason ?? ''));
  // A client that closes its half has left; what it has not read by now it never will.
  socket.once('end', () => void outgoing.destroy());
  // What is left of the request serves nobody, and would hide that the client leaves.
  outgoing.req.on('error', () => undefined).resume();
  return {
    get pending() {
      return outgoing.writableLength;
    },
    write(message) {
      if (ended === undefined) message.writeEvent(outgoing);
    },
    beat() {
      const before = taken;
      taken = socket.bytesWritten - socket.writableLength;
      stuck = outgoing.writableLength > 0 && taken === before ? stuck + 1 : 0;
      if (stuck > patience) return void outgoing.destroy();
      if (ended === undefined && outgoing.writableLength === 0) outgoing.write(comment);
    },
    end(code, reason) {
      if (ended !== undefined) return;
      ended = { code, reason };
      outgoing.end();
      const timer = setTimeout(() => outgoing.destroy(), farewell);
      outgoing.once('close', () => clearTimeout(timer));
    },
    destroy: () => void outgoing.destroy(),
    // Its client sends nothing.
    pause: () => undefined,
    resume: () => undefined,
  };
}
