import type { ServerResponse } from 'node:http';
import type { LineSignals } from './connections.ts';
import type { Line } from './connection.ts';

const comment = Buffer.from(':\n\n');
/** Milliseconds that a client is given to take the last bytes. */
const farewell = 1_000;
/** Signs of life in a row of which a client may take nothing before it counts as gone. */
const patience = 3;

/** Headers of every event stream, unless the app has its own. `x-accel-buffering` tells nginx not to collect events. */
const standard = [
  ['content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'no-store'],
  ['x-accel-buffering', 'no'],
] as const;

/** Makes an event stream of an answer that has not begun. */
export function openEventStream(
  outgoing: ServerResponse,
  flat: readonly string[],
  retryMs: number | undefined,
  signals: LineSignals,
): Line {
  const headers = [...flat];
  const named = new Set(flat.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  for (const [name, value] of standard) if (!named.has(name)) headers.push(name, value);
  // The end of the connection is the end of the stream: events need no chunks around them.
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(200, headers);
  outgoing.socket?.setNoDelay(true);
  outgoing.write(retryMs === undefined ? comment : `retry: ${retryMs}\n\n`);

  let ended: { code: number; reason: string } | undefined;
  let stuck = 0;
  let before = 0;
  outgoing.once('close', () => signals.closed(ended?.code ?? 1006, ended?.reason ?? ''));
  return {
    get pending() {
      return outgoing.writableLength;
    },
    write(message) {
      if (ended === undefined) outgoing.write(message.eventStream());
    },
    beat() {
      const { writableLength } = outgoing;
      stuck = writableLength > 0 && writableLength >= before ? stuck + 1 : 0;
      if (stuck > patience) return void outgoing.destroy();
      if (ended === undefined && writableLength === 0) outgoing.write(comment);
      before = outgoing.writableLength;
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
