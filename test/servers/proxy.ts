import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A link on loopback to a server, which a test may break. */
export interface Proxy {
  readonly port: number;
  /** Resets every connection, and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same port. */
  heal(): Promise<void>;
  /** What comes from now on reaches the other side so many milliseconds later, in its order. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

/** Starts a link to a port of this machine. Where nobody listens there, its connections are reset. */
export async function startProxy(to: number): Promise<Proxy> {
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  let late = 0;

  async function listen(at: number) {
    const made = createServer({ noDelay: true }, join).listen(at, '127.0.0.1');
    await once(made, 'listening');
    // A test that fails before it closes this must not hang.
    return made.unref();
  }

  function join(client: Socket): void {
    const behind = connect({ port: to, host: '127.0.0.1', noDelay: true });
    for (const [from, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from);
      let last = idle;
      // A smaller delay than before must not overtake.
      const later = (act: () => void): void => {
        const due = performance.now() + late;
        if (late === 0 && last === idle) return act();
        const mine = last.then(() => sleep(Math.max(0, due - performance.now()))).then(act);
        last = mine;
        void mine.then(() => void (last === mine && (last = idle)));
      };
      from.on('data', (bytes) => later(() => other.write(bytes)));
      from.on('end', () => later(() => other.end()));
      from.on('error', () => undefined);
      from.on('close', (broken) => {
        sockets.delete(from);
        if (broken) reset(other);
        else later(() => other.destroySoon());
      });
    }
  }

  async function cut(): Promise<void> {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const socket of sockets) reset(socket);
    await closed;
  }

  return {
    port,
    cut,
    async heal() {
      if (!server.listening) server = await listen(port);
    },
    delay: (milliseconds) => void (late = milliseconds),
    close: cut,
  };
}

const idle: Promise<unknown> = Promise.resolve();

/** A socket that is being shut down cannot be reset: Node would never close it, and its process never end. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
