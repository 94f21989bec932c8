import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { CapabilityError } from '../capabilities/core/error.ts';
import { importPackage } from '../capabilities/core/packages.ts';
import { endBefore } from '../capabilities/core/resilience.ts';
import { openExpected } from './expected-server.ts';
import type { ExpectedServer } from './expected-server.ts';
import { unreachable } from './redis-error.ts';
import type { RedisAddress, RedisPlace } from './redis-place.ts';
import { watchRole, type RoleWatch } from './redis-role.ts';
import { findReason } from './unreachable-reason.ts';

/** As `npm install` takes it. */
export const redisPackage = 'ioredis@6.0.0';

export type RedisArgument = string | Buffer;

/**
 * A connection to one server: of sentinels, to the one that they name. It keeps nothing for later, and what was under way when it
 * broke is never sent again; it is made again by itself.
 */
export interface Connection {
  readonly redis: Redis;
  /** None in a cluster: there a replica refuses reads, too. */
  readonly role: RoleWatch | undefined;
  /** Why it is not ready. */
  trouble: Error | undefined;
  /** The server refused the database of the bind; the library would go on in another one. */
  noDatabase: boolean;
  /** Commands of this turn of the event loop, so far. */
  gathered: number;
  /** Which process of the server answers, once somebody has asked. */
  process: Promise<string> | undefined;
}

/** Milliseconds for the network, and for that and the login. */
const longestConnect = 2_000;
const longestOpen = 2_500;
/** Milliseconds for an answer of a sentinel. */
const longestSentinel = 1_000;

const pauseBefore = (attempt: number): number =>
  Math.min(25 * 2 ** Math.min(attempt, 8), 500) * (0.5 + Math.random());

/**
 * @param timeout milliseconds without any answer after which it counts as dead, and some more
 * @param address which one of a cluster
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function connectRedis(
  place: RedisPlace,
  timeout: number,
  address: RedisAddress = place.addresses[0]!,
): Promise<Connection> {
  const open = () => openConnection(place, timeout, address);
  // Of a cluster the nodes come and go: who opens it looks what answers there.
  if (place.kind === 'cluster') return open();
  return openExpected(expectedAt(place), open);
}

/** What a bind means, by the first of its addresses. */
export function expectedAt({ kind, tls, addresses }: RedisPlace): ExpectedServer {
  const usual = kind === 'sentinel' ? { usual: 'Sentinels of Redis usually listen on 26379' } : {};
  return { kind: 'Redis', ...addresses[0]!, tls, ...usual };
}

async function openConnection(
  place: RedisPlace,
  timeout: number,
  address: RedisAddress,
): Promise<Connection> {
  const { Redis } = await importPackage(redisPackage, () => import('ioredis'));
  const redis = new Redis({
    ...(place.kind === 'sentinel' ? bySentinels(place) : { ...address, ...tlsTo(place, address.host) }),
    ...place.login,
    db: place.database,
    lazyConnect: true,
    connectTimeout: longestConnect,
    // Later than an operation's own deadline, so that this one speaks first.
    socketTimeout: timeout + 500,
    retryStrategy: pauseBefore,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  });
  const role = place.kind === 'cluster' ? undefined : watchRole(redis, place.kind === 'sentinel');
  const connection: Connection = {
    redis,
    role,
    trouble: undefined,
    noDatabase: false,
    gathered: 0,
    process: undefined,
  };
  let ofSentinel: Error | undefined;
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  redis.on('connect', () => (connection.noDatabase = false));
  redis.on('sentinelError', (error: Error) => (ofSentinel = explainSentinel(error, place.master)));
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    const none = error.message.startsWith('All sentinels');
    connection.trouble = none ? (ofSentinel ?? error) : error;
    // The library would go on asking them.
    if (none) fail(connection.trouble);
    if (error.command?.name === 'select') connection.noDatabase = true;
  });
  redis.on('ready', () => (connection.trouble = undefined));
  redis.on('close', () => (connection.process = undefined));
  try {
    // A server may take the connection and then say nothing.
    await endBefore(longestOpen, Promise.race([redis.connect(), failed]), 'reads');
  } catch (error) {
    redis.disconnect();
    const trouble = connection.trouble ?? (error as Error);
    // That is all that the library says of a sentinel.
    const reason = trouble.message.endsWith('because Connection is closed.')
      ? await findReason(address.host, address.port, place.tls)
      : undefined;
    throw unreachable(reason ?? trouble);
  }
  if (connection.noDatabase) {
    redis.disconnect();
    throw wrongDatabase();
  }
  return connection;
}

/** TLS knows names of hosts, not addresses. */
function tlsTo({ tls }: RedisPlace, host: string): RedisOptions {
  return tls ? { tls: isIP(host) ? {} : { servername: host } } : {};
}

/** The sentinels are asked anew whenever the connection is made. */
function bySentinels({ addresses, master, tls, sentinelLogin }: RedisPlace): RedisOptions {
  const { username, password } = sentinelLogin;
  return {
    sentinels: [...addresses],
    name: master,
    sentinelRetryStrategy: pauseBefore,
    sentinelCommandTimeout: longestSentinel,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(tls && { enableTLSForSentinelMode: true, tls: {}, sentinelTLS: {} }),
    // It was made a replica, and nobody has ended the connection. What stands inside of an answer is for `heed`.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function explainSentinel({ message }: Error, master: string): Error {
  const refused = /because ((?:NOAUTH|WRONGPASS|NOPERM).*)/.exec(message)?.[1];
  if (refused !== undefined) {
    return new CapabilityError(
      'unauthenticated',
      `a sentinel refused: ${refused}. Set sentinel-user and sentinel-password beside the bind`,
    );
  }
  if (/because ERR unknown command/.test(message))
    return new CapabilityError('invalid-argument', 'what answers there is Redis, and no sentinel', {
      fix: 'name the port of the sentinels, usually 26379; or let the bind begin with redis, to reach that server itself',
    });
  if (!/invalid reply|No such master/.test(message)) return new Error(message);
  return new Error(`the sentinels know no server by the name ${JSON.stringify(master)}`);
}

/**
 * Sends a command. It answers bulk strings as `Buffer`.
 * @param asking whether a node of a cluster is to answer although the slot is not its own yet
 * @throws {CapabilityError} where nothing was sent
 * @throws {Error} of the library
 */
export function sendOn(
  connection: Connection,
  command: string,
  args: readonly RedisArgument[],
  asking = false,
): Promise<unknown> {
  const { redis } = connection;
  if (connection.noDatabase) throw wrongDatabase();
  if (redis.status !== 'ready')
    throw unreachable(connection.trouble ?? new Error('the connection is being made'));
  holdBack(connection);
  // It is about the next command alone, so nothing may come between.
  if (asking) redis.asking().catch(() => undefined);
  const answer = redis.callBuffer(command, ...args);
  letGo(connection, args.length);
  return answer;
}

/**
 * Another text for each process of a server, which has its keys in an order of its own; none where the user may not ask.
 * @throws as `sendOn`
 */
export function identify(connection: Connection): Promise<string> {
  connection.process ??= askProcess(connection).catch((error: unknown) => {
    connection.process = undefined;
    throw error;
  });
  return connection.process;
}

async function askProcess(connection: Connection): Promise<string> {
  try {
    return /run_id:(\w+)/.exec(String(await sendOn(connection, 'INFO', ['server'])))?.[1] ?? '';
  } catch (error) {
    if ((error as Error).name === 'ReplyError') return '';
    throw error;
  }
}

/** Does what an error asks for that stands inside of an answer: the library only sees one that is the answer. */
export function heed({ redis }: Connection, error: Error): void {
  if (redis.status === 'ready' && redis.options.reconnectOnError?.(error)) redis.disconnect(true);
}

/** So many commands leave in one write: few enough for the server to work while others are still being made. */
const mostTogether = 32;

/** Commands of one turn of the event loop leave together: with many guests that is most of what a command costs. */
function holdBack(connection: Connection): void {
  if (connection.gathered > 0) return;
  const { stream } = connection.redis;
  stream.cork();
  // It leaves together with what is asked for, so that it costs no way of its own.
  connection.role?.askAgain();
  process.nextTick(() => {
    connection.gathered = 0;
    stream.uncork();
  });
}

/** @param length arguments of a command: one with many of them is many in one */
function letGo(connection: Connection, length: number): void {
  const { stream } = connection.redis;
  connection.gathered++;
  if (length < mostTogether && connection.gathered % mostTogether !== 0) return;
  stream.uncork();
  stream.cork();
}

function wrongDatabase(): CapabilityError {
  return new CapabilityError(
    'invalid-argument',
    'the server does not have the database whose number ends the bind; 0 is always there',
  );
}
