import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from './http-listen.ts';
import type { ListenAddress } from './http-listen.ts';

// Not imported, for the time that it would take: see http.ts.
const http = process.getBuiltinModule('node:http');

export interface Health {
  /** What the status says: 200 or 503. */
  readonly ok: boolean;
  readonly [name: string]: unknown;
}

/**
 * Milliseconds for which a connection is kept between two questions: longer than the pause of those who ask again and
 * again. With the usual five seconds a question every five seconds would meet a connection that is just being closed.
 */
const keepAliveTimeout = 65_000;

/** What is answered, by path. */
export interface HealthPages {
  /** `/healthz`. */
  health(): Promise<Health>;
  /** `/readyz`. */
  readiness(): Promise<Health>;
  /** `/metrics`, as Prometheus reads it. Undefined: there is no such page. */
  metrics(): Promise<string | undefined>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * Answers on an address of its own, which need not be reachable for the app's clients.
 * @throws {StartError} where the address cannot be had
 */
export async function startHealth(
  address: ListenAddress,
  pages: HealthPages,
): Promise<{ readonly url: string; close(): void }> {
  const find = async (path: string | undefined): Promise<Page | undefined> => {
    switch (path) {
      case '/healthz':
        return toPage(await pages.health());
      case '/readyz':
        return toPage(await pages.readiness());
      case '/metrics': {
        const text = await pages.metrics();
        return text === undefined
          ? undefined
          : { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text };
      }
      default:
        return undefined;
    }
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    incoming.resume();
    const { method, url } = incoming;
    if (method !== 'GET' && method !== 'HEAD') {
      return void outgoing.writeHead(405, { allow: 'GET, HEAD' }).end();
    }
    const page = await find(url?.split('?', 1)[0]);
    if (page === undefined) return void outgoing.writeHead(404).end();
    outgoing.writeHead(page.status, { 'content-type': page.type, 'cache-control': 'no-store' });
    outgoing.end(page.text);
  }

  const server = http.createServer({ keepAliveTimeout }, (incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const { url } = await listen(server, address);
  return {
    url: `${url}/healthz`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function toPage(health: Health): Page {
  return {
    status: health.ok ? 200 : 503,
    type: 'application/json',
    text: `${JSON.stringify(health)}\n`,
  };
}
