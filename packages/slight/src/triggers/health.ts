import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address } from '../slightfile/address.ts';
import { listen } from './http-listen.ts';

export interface Health {
  /** Whether the app takes requests. */
  readonly ok: boolean;
  readonly [name: string]: unknown;
}

/**
 * Answers `/healthz` on an address of its own, which need not be reachable for the app's clients: 200 or 503, with
 * the state as JSON.
 * @throws {StartError} where the address cannot be had
 */
export async function startHealth(
  address: Address,
  state: () => Promise<Health>,
): Promise<{ readonly url: string; close(): void }> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    incoming.resume();
    if (incoming.url !== '/healthz') return void outgoing.writeHead(404).end();
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
      return void outgoing.writeHead(405, { allow: 'GET, HEAD' }).end();
    }
    const current = await state();
    outgoing.writeHead(current.ok ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    outgoing.end(`${JSON.stringify(current)}\n`);
  }

  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  const { url } = await listen(server, address);
  return {
    url: `${url}/healthz`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
