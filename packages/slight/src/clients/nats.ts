import { isIP } from 'node:net';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { OpenContext } from '../capabilities/core/backend.ts';
import type { ErrorCode } from '../capabilities/core/error.ts';
import { importPackage } from '../capabilities/core/packages.ts';
import { isCertificateError, openExpected } from './expected-server.ts';
import { readNatsLogin } from './nats-login.ts';
import { readNatsPlace } from './nats-place.ts';
import type { NatsPlace } from './nats-place.ts';
import { awaitGreeting } from './server-kind.ts';
import { makeShare, returned } from './shared.ts';

export { natsSettings } from './nats-login.ts';

type Place = Pick<OpenContext, 'url' | 'hosts' | 'config' | 'dataDir' | 'timeout'>;

/** As `npm install` takes them. */
export const natsPackages = ['@nats-io/transport-node@3.4.0', '@nats-io/jetstream@3.4.0'] as const;

/** A connection to NATS, with JetStream where the server has it. */
export interface NatsClient {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  /**
   * Runs what asks the server. While it is away it fails at once: nothing is kept for later.
   * @param changes whether it may change anything: then a broken connection leaves the outcome `unknown`
   * @throws {CapabilityError}
   */
  ask<T>(changes: boolean, work: (client: NatsClient) => Promise<T>): Promise<T>;
  /** Calls back when the connection is there again after it was lost; what it gives ends that. */
  onReturn(hear: () => void): () => void;
  /** Lets go of it; the last one that does ends the connection. */
  release(): void;
}

interface Connection extends Pick<NatsClient, 'connection' | 'jetstream' | 'manager'> {
  away: boolean;
  /** Why it stays away, where the server says so. */
  refusal: Error | undefined;
  /** Bytes that the server has certainly taken, of all that were sent. */
  taken: number;
  /** The server was asked whether it has taken what was sent. */
  asking: boolean;
  readonly returns: Set<() => void>;
  /** Of calls that are under way. */
  readonly failures: Set<() => void>;
}

/** Milliseconds. */
const longestConnect = 2_000;
const pause = 250;

const share = makeShare(({ connection }: Connection) => connection.close());

/**
 * The connection of this process to the server of `url` (`nats://user:password@host:port`, `nats://token@host:port`, TLS with `?tls=true`), or to
 * one of `hosts` and, when that is lost, to another, by the credentials beside the bind; shared by all that use the same servers and
 * credentials. The first sets `timeout`: milliseconds without an answer after which a call fails.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function openNats(place: Place): Promise<NatsClient> {
  const { credentials, 'credentials-file': file } = place.config;
  const id = JSON.stringify([place.url.href, place.hosts, credentials, file && [file, place.dataDir]]);
  return share(
    id,
    () => connect(place),
    async (made, leave) => {
      if (made.away) await returned(made.returns, longestConnect);
      return makeClient(made, leave);
    },
  );
}

async function connect(place: Place): Promise<Connection> {
  const { timeout } = place;
  const { servers, tls } = readNatsPlace(place);
  const [transport, streams] = await Promise.all([
    importPackage(natsPackages[0], () => import('@nats-io/transport-node'), natsPackages),
    importPackage(natsPackages[1], () => import('@nats-io/jetstream'), natsPackages),
  ]);
  const login = readNatsLogin(place, transport);
  const [first] = servers;
  const connection = await openExpected({ kind: 'NATS', ...first, tls }, async () => {
    try {
      return await transport.connect({
        servers: await listFromGreeting(servers),
        noRandomize: true,
        name: 'slight',
        timeout: longestConnect,
        maxReconnectAttempts: -1,
        reconnectTimeWait: pause,
        pingInterval: 5_000,
        // The password may be put right at the server, too.
        ignoreAuthErrorAbort: true,
        ...login,
        // Without a host the library would take a certificate that is made out to localhost for that of any address.
        ...(tls && { tls: isIP(first.host) === 0 ? {} : ({ host: first.host } as object) }),
      });
    } catch (error) {
      throw explain(error as Error, false);
    }
  });
  const jetstream = streams.jetstream(connection, { timeout });
  const manager = await streams.jetstreamManager(connection, { timeout, checkAPI: false });
  const made: Connection = {
    connection,
    jetstream,
    manager,
    away: false,
    refusal: undefined,
    taken: 0,
    asking: false,
    returns: new Set(),
    failures: new Set(),
  };
  void follow(made);
  return made;
}

/**
 * All servers, from one on that has greeted: to one that says nothing the library would leave its connection open for good.
 * @throws {Error} of the first, where none does
 */
async function listFromGreeting(servers: NatsPlace['servers']): Promise<string[]> {
  const greetings = servers.map(async (server) => {
    await awaitGreeting(server.host, server.port, longestConnect);
    return server;
  });
  const ready = await Promise.any(greetings).catch(() => greetings[0]!);
  return [ready, ...servers.filter((server) => server !== ready)].map(
    ({ host, port }) => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
  );
}

async function follow(made: Connection): Promise<void> {
  for await (const status of made.connection.status()) {
    const { type } = status;
    if (status.type === 'error' && codes[status.error.name] === 'unauthenticated')
      made.refusal = status.error;
    if (type === 'disconnect') {
      made.away = true;
      for (const fail of made.failures) fail();
    }
    if (type !== 'reconnect') continue;
    made.away = false;
    made.refusal = undefined;
    for (const hear of made.returns) hear();
  }
}

/** Bytes. */
const mostUntaken = 64 * 1024 * 1024;
const askAfter = 1024 * 1024;

/**
 * The library keeps what a server does not take, however much that is, also where its operation was given up long ago. So it is asked
 * now and then how far it has come.
 * @throws {CapabilityError} `resource-exhausted`
 */
function checkUntaken(made: Connection): void {
  const sent = made.connection.stats().outBytes;
  const untaken = sent - made.taken;
  if (untaken >= askAfter && !made.asking) {
    made.asking = true;
    made.connection
      .flush()
      // Where the connection broke, what was kept for it is gone.
      .then(
        () => sent,
        () => made.connection.stats().outBytes,
      )
      .then(
        (taken) => {
          made.taken = taken;
          made.asking = false;
        },
        () => undefined,
      );
  }
  if (untaken < mostUntaken) return;
  throw new CapabilityError(
    'resource-exhausted',
    `the server has yet to take ${mostUntaken / 1024 / 1024} MiB that were sent. Repeat this later`,
    { retryable: true },
  );
}

function makeClient(made: Connection, end: () => void): NatsClient {
  const { connection, jetstream, manager, returns } = made;
  let released = false;
  const client: NatsClient = {
    connection,
    jetstream,
    manager,
    async ask(changes, work) {
      if (released) throw new CapabilityError('cancelled', 'the connection was closed');
      if (made.away && made.refusal !== undefined) throw explain(made.refusal, false);
      if (made.away)
        throw new CapabilityError(
          'unavailable',
          'the server cannot be reached: the connection is being made',
        );
      checkUntaken(made);
      // The library waits for an answer until its time is over, also where the connection is gone.
      const { promise: broken, reject } = Promise.withResolvers<never>();
      const fail = (): void => reject(brokenConnection(changes));
      made.failures.add(fail);
      try {
        return await Promise.race([work(client), broken]);
      } catch (error) {
        throw error instanceof CapabilityError
          ? error
          : explain(error as Error, changes, connection.info?.jetstream);
      } finally {
        made.failures.delete(fail);
      }
    },
    onReturn(hear) {
      returns.add(hear);
      return () => returns.delete(hear);
    },
    release() {
      released = true;
      end();
    },
  };
  return client;
}

/** Numbers of JetStream's errors. https://github.com/nats-io/nats-server/blob/main/server/errors.json */
export const wrongLastSequence = 10_071;
export const streamExists = 10_058;
const noCluster = 10_074;

/** Whether JetStream refused with one of these numbers. */
export function isApiError(error: unknown, ...numbers: readonly number[]): boolean {
  const code = (error as { code?: unknown }).code;
  return (error as Error).name === 'JetStreamApiError' && numbers.includes(code as number);
}

const codes: { readonly [name: string]: ErrorCode } = {
  AuthorizationError: 'unauthenticated',
  UserAuthenticationExpiredError: 'unauthenticated',
  PermissionViolationError: 'permission-denied',
  TimeoutError: 'timeout',
  JetStreamNotEnabled: 'unsupported',
};

const fixes: { readonly [code in ErrorCode]?: string } = {
  unauthenticated: '. Correct the user and password in the bind, or the credentials beside it',
  unsupported: '. Start the server with JetStream: nats-server -js',
};

/** @param jetstream whether the server says that it has it */
function explain(thrown: Error, changes: boolean, jetstream = false): CapabilityError {
  // The library wraps what a request failed with.
  const error = thrown.name === 'RequestError' && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (error.name === 'JetStreamApiError') {
    const { code, status } = error as Error & { code: number; status: number };
    const kind =
      status === 503
        ? 'unavailable'
        : code === 10_054 || code === noCluster
          ? 'invalid-argument'
          : status === 404
            ? 'not-found'
            : 'internal';
    const fix = code === noCluster ? '. Lower `replicas`, or name a cluster with that many servers' : '';
    return new CapabilityError(kind, `NATS refused: ${error.message}${fix}`, { detail: code });
  }
  // The library says that there is no JetStream, too, where a stream has no server that leads it, or is gone.
  const { name: cause } = (error.cause ?? {}) as { name?: unknown };
  const unled = jetstream && error.name === 'JetStreamNotEnabled' && cause !== 'JetStreamApiError';
  if (error.name === 'NoRespondersError' || unled)
    return new CapabilityError(
      'unavailable',
      'nobody answers for JetStream: it is off (start nats-server with -js), or on its way, or its servers have yet to agree who leads',
    );
  const code = codes[error.name];
  if (code !== undefined) {
    const outcome = changes && code === 'timeout' ? 'unknown' : 'none';
    return new CapabilityError(code, `NATS: ${error.message}${fixes[code] ?? ''}`, { outcome });
  }
  if (/max.payload/i.test(error.message))
    return new CapabilityError('invalid-argument', `NATS: ${error.message}`);
  if (
    isCertificateError(error) ||
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|connection refused|timeout|says nothing/i.test(
      error.message,
    )
  )
    return new CapabilityError('unavailable', `the server cannot be reached: ${error.message}`);
  return brokenConnection(changes, `: ${error.message}`);
}

function brokenConnection(changes: boolean, why = ''): CapabilityError {
  return new CapabilityError('unavailable', `the connection broke before the server answered${why}`, {
    outcome: changes ? 'unknown' : 'none',
  });
}

/**
 * Any text as a name of NATS (of streams, buckets, tokens of subjects): letters, digits and `-` stay, every other byte of its UTF-8
 * becomes `=` and two digits. What begins alike stays so.
 */
export function encodeName(text: string): string {
  return text.replace(/[^A-Za-z0-9-]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** The text of such a name; undefined where it is none. */
export function decodeName(name: string): string | undefined {
  const bytes: Buffer[] = [];
  for (const [part] of name.matchAll(/=[0-9a-f]{2}|[A-Za-z0-9-]+|[^]/g)) {
    if (part.startsWith('=') && part.length === 3) bytes.push(Buffer.from(part.slice(1), 'hex'));
    else if (/^[A-Za-z0-9-]+$/.test(part)) bytes.push(Buffer.from(part));
    else return undefined;
  }
  const text = Buffer.concat(bytes).toString();
  return encodeName(text) === name ? text : undefined;
}
