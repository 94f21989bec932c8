import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpFailure } from './http-message.ts';

export interface Drain {
  /** Milliseconds until the requests under way are given up. */
  readonly bound: number;
  /**
   * Milliseconds for which connections without a request may bring one more, which is answered with
   * `Connection: close`: a client that was about to send it meets no closed connection.
   */
  readonly idle: number;
  /** The requests under way. */
  readonly active: ReadonlySet<AbortController>;
  readonly newcomers: Newcomers;
  /** Calls back when the last of them is answered. */
  onIdle(done: () => void): void;
}

/** Connections that have not asked for anything yet: Node counts them among the idle ones. */
export interface Newcomers {
  readonly count: number;
  /** Calls back when there are none any more. */
  onNone(done: () => void): void;
}

/** Milliseconds in which a connection that was just made should bring its first request. */
const longestSilence = 1_000;

export function watchNewcomers(server: Server): Newcomers {
  const sockets = new Set<Duplex>();
  let done: () => void = () => undefined;
  const leave = (socket: Duplex) => {
    if (sockets.delete(socket) && sockets.size === 0) done();
  };
  const asks = ({ socket }: { readonly socket: Duplex }) => leave(socket);
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => leave(socket));
  });
  server.on('request', asks).on('checkContinue', asks).on('upgrade', asks);
  return {
    get count() {
      return sockets.size;
    },
    onNone: (listen) => void (done = listen),
  };
}

/** Takes no new connections and ends once nothing is under way. */
export async function drainServer(
  server: Server,
  { bound, idle, active, newcomers, onIdle }: Drain,
): Promise<void> {
  const until = performance.now() + bound;
  if (idle > 0 || newcomers.count > 0) {
    const closed = new Promise<void>((resolve) => server.once('close', resolve));
    // The server's own `close` would end the idle connections too.
    NetServer.prototype.close.call(server);
    await within(Math.min(idle, bound), closed);
    if (newcomers.count > 0) {
      const left = Math.max(0, until - performance.now());
      await within(Math.min(longestSilence, left), new Promise<void>(newcomers.onNone));
    }
  }
  server.close();
  const wait = async (milliseconds: number) => {
    if (active.size > 0) await within(milliseconds, new Promise<void>(onIdle));
  };
  await wait(until - performance.now());
  for (const controller of active) {
    controller.abort(new HttpFailure(503, 'The app is shutting down.', { headers: [['retry-after', '1']] }));
  }
  await wait(500);
}

async function within(milliseconds: number, end: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([end, new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))]);
  clearTimeout(timer);
}
