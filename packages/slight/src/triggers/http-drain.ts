import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
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
  /** Calls back when the last of them is answered. */
  onIdle(done: () => void): void;
}

/** Takes no new connections and ends once nothing is under way. */
export async function drainServer(server: Server, { bound, idle, active, onIdle }: Drain): Promise<void> {
  const until = performance.now() + bound;
  if (idle > 0) {
    const closed = new Promise<void>((resolve) => server.once('close', resolve));
    // The server's own `close` would end the idle connections too.
    NetServer.prototype.close.call(server);
    await within(Math.min(idle, bound), closed);
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
