import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { openOutgoing } from '../../src/outgoing/client.ts';
import type { ClientOptions, OutgoingSession } from '../../src/outgoing/client.ts';
import type { Exchange, ObserveRequest } from '../../src/outgoing/exchange.ts';
import type { OutgoingRequest } from '../../src/outgoing/request.ts';
import { readHost } from '../../src/slightfile/hosts.ts';
import { defaultOutgoing } from '../../src/slightfile/model.ts';
import type { HostRule, Outgoing } from '../../src/slightfile/model.ts';

export interface TestServer {
  readonly port: number;
  readonly origin: string;
  /** Requests that came. */
  readonly seen: IncomingMessage[];
  readonly server: Server;
}

/** A server on this machine until the end of the tests. */
export async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<TestServer> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    listener(request, response);
  });
  server.listen(0, host);
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, seen, server };
}

/** The rules of a slightfile. */
export function rulesOf(...hosts: (string | { readonly host: string })[]): HostRule[] {
  return hosts.map((each) => {
    const rule = typeof each === 'string' ? readHost(each, false) : readHost(each.host, true);
    if ('fix' in rule) throw new Error(`${JSON.stringify(each)}: ${rule.found}: ${rule.fix}`);
    return rule;
  });
}

/** What one instance asks with, until the end of the tests. */
export async function openSession(
  hosts: Parameters<typeof rulesOf>,
  {
    observe,
    ...more
  }: Partial<Outgoing & Omit<ClientOptions, 'settings'>> & { observe?: ObserveRequest } = {},
): Promise<OutgoingSession> {
  const settings = { ...defaultOutgoing, ...more, hosts: rulesOf(...hosts) };
  const client = await openOutgoing({ path: '/app/slightfile.toml', own: new Set(), ...more, settings });
  after(() => client.close());
  return client.open(observe);
}

/** A request with what a test does not care about. */
export function get(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    method: 'GET',
    url,
    headers: [],
    body: undefined,
    redirect: 'follow',
    timeout: undefined,
    ...more,
  };
}

/** An answer, whole. */
export async function readAll(exchange: Exchange) {
  const head = await exchange.response();
  const pieces: Uint8Array[] = [];
  for (let piece = await exchange.read(1024); piece !== undefined; piece = await exchange.read(1024))
    pieces.push(piece);
  return {
    ...head,
    headers: new Map(head.headers),
    text: Buffer.concat(pieces).toString(),
    pieces: pieces.length,
  };
}

/** Asks, and gives the whole answer. */
export async function ask(session: OutgoingSession, request: OutgoingRequest) {
  return await readAll(session.send(request));
}

/** The same for a body in pieces. */
export function readBody(request: IncomingMessage): Promise<string> {
  return request.setEncoding('utf8').reduce((text: string, piece: string) => text + piece, '');
}
