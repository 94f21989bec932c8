import { lookup } from 'node:dns/promises';
import type { Dispatcher } from 'undici';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { Outgoing } from '../slightfile/model.ts';
import { createConnector } from './connect.ts';
import type { Resolve } from './connect.ts';
import { startExchange } from './exchange.ts';
import type { Exchange, ObserveRequest } from './exchange.ts';
import type { OutgoingRequest } from './request.ts';

/** Asks servers for all instances of an app in this process. */
export interface OutgoingClient {
  /** For one instance. */
  open(observe?: ObserveRequest): OutgoingSession;
  close(): Promise<void>;
}

/** The requests of one instance. */
export interface OutgoingSession {
  /** @throws {CapabilityError} `invalid-argument`, `permission-denied`, `resource-exhausted` */
  send(request: OutgoingRequest): Exchange;
  /** Gives up what is under way. */
  end(): void;
}

export interface ClientOptions {
  readonly settings: Outgoing;
  /** Of the slightfile, for messages. */
  readonly path: string;
  /** Ports on which this host listens; may grow. */
  readonly own: ReadonlySet<number>;
  /** In place of the system's, for tests. */
  readonly resolve?: Resolve;
  /** Certificates that count besides the system's, for tests. */
  readonly ca?: string;
}

/** Bytes of the head of an answer. */
const longestHead = 32 * 1024;
/** Milliseconds in which a connection must be made to one address. */
const longestConnect = 5_000;

/** Loads the client library: apps that ask nobody do without. */
export async function openOutgoing(options: ClientOptions): Promise<OutgoingClient> {
  const { settings, path, own, resolve = resolveName, ca } = options;
  const { Agent, buildConnector } = await import('undici');
  const open = buildConnector({
    allowH2: false,
    timeout: Math.min(longestConnect, settings.timeout),
    ...(ca !== undefined && { ca }),
  });
  const connect = createConnector({ rules: settings.hosts, path, own, resolve, open });
  const dispatcher: Dispatcher = new Agent({
    connect,
    allowH2: false,
    connections: settings.connections,
    pipelining: 1,
    maxHeaderSize: longestHead,
  });
  return {
    open: (observe) =>
      openSession({ ...settings, rules: settings.hosts, path, dispatcher, observe }, settings),
    close: () => dispatcher.destroy(),
  };
}

function openSession(
  context: Parameters<typeof startExchange>[0],
  { concurrent }: Outgoing,
): OutgoingSession {
  const open = new Set<Exchange>();
  return {
    send(request) {
      if (open.size >= concurrent) for (const each of open) if (each.over) open.delete(each);
      if (open.size >= concurrent)
        throw new CapabilityError(
          'resource-exhausted',
          `outgoing HTTP: ${concurrent} requests of this instance are under way. Wait for one, or allow more: [outgoing] concurrent in ${context.path}`,
          { retryable: true },
        );
      const started = startExchange(context, request);
      open.add(started);
      return started;
    },
    end() {
      for (const each of open) each.close();
      open.clear();
    },
  };
}

async function resolveName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
}
