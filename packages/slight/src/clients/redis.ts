import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { CapabilityError } from '../capabilities/core/error.ts';
import { importPackage } from '../capabilities/core/packages.ts';
import { endBefore } from '../capabilities/core/resilience.ts';
import { openExpected } from './expected-server.ts';

/** As `npm install` takes it. */
export const redisPackage = 'ioredis@6.0.0';

export type RedisArgument = string | Buffer;

/** A Lua script that runs on the server, as one step of it. All its keys must be in `KEYS`, in one slot. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

export function defineScript(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * A connection to one server. It answers bulk strings as `Buffer`. It keeps nothing for later: while the server
 * cannot be reached, a command fails at once, and what was under way when the connection broke is never sent again.
 */
export interface RedisClient {
  /** @throws {CapabilityError} with the outcome `unknown` where the command may have run */
  send(command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** @throws {CapabilityError} as `send` */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
  /** Lets go of it; the last one that does ends the connection. */
  release(): void;
}

export interface Connection {
  readonly redis: Redis;
  /** Why it is not ready. */
  trouble: Error | undefined;
  /** The server refused the database of the bind; the library would go on in another one. */
  noDatabase: boolean;
  /** Commands of this turn of the event loop, so far. */
  gathered: number;
}

interface Shared {
  readonly opening: Promise<Connection>;
  users: number;
}

/** Milliseconds for the network, and for that and the login. */
const longestConnect = 2_000;
const longestOpen = 2_500;

const shared = new Map<string, Shared>();

/**
 * The connection of this process to the server of `url`, shared by all that use the same server, database and
 * credentials. The first sets `timeout`: milliseconds without any answer after which the connection counts as dead.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function openRedis(url: URL, timeout: number): Promise<RedisClient> {
  const id = url.href;
  const entry = shared.get(id) ?? { opening: connectRedis(url, timeout), users: 0 };
  shared.set(id, entry);
  // Counted before the wait, so that nobody who leaves meanwhile ends it.
  entry.users++;
  const leave = (): void => {
    if (--entry.users > 0) return;
    if (shared.get(id) === entry) shared.delete(id);
    entry.opening.then(({ redis }) => redis.disconnect()).catch(() => undefined);
  };
  try {
    return makeClient(await entry.opening, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

/**
 * A connection of its own, with what is going wrong on it.
 * @throws {CapabilityError} as `openRedis`
 */
export async function connectRedis(url: URL, timeout: number): Promise<Connection> {
  const address = parseAddress(url);
  const { host, port, tls } = address;
  return await openExpected({ kind: 'Redis', host, port, tls: tls !== undefined }, () =>
    connectTo(address, timeout),
  );
}

async function connectTo(address: ReturnType<typeof parseAddress>, timeout: number): Promise<Connection> {
  const { Redis } = await importPackage(redisPackage, () => import('ioredis'));
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    connectTimeout: longestConnect,
    // Later than an operation's own deadline, so that this one speaks first.
    socketTimeout: timeout + 500,
    retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, 500) * (0.5 + Math.random()),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  });
  const connection: Connection = { redis, trouble: undefined, noDatabase: false, gathered: 0 };
  redis.on('connect', () => (connection.noDatabase = false));
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    connection.trouble = error;
    if (error.command?.name === 'select') connection.noDatabase = true;
  });
  redis.on('ready', () => (connection.trouble = undefined));
  try {
    // A server may take the connection and then say nothing.
    await endBefore(longestOpen, redis.connect(), 'reads');
  } catch (error) {
    redis.disconnect();
    throw unreachable(connection.trouble ?? (error as Error));
  }
  if (connection.noDatabase) {
    redis.disconnect();
    throw wrongDatabase();
  }
  return connection;
}

function parseAddress(url: URL) {
  const database = /^\/?(\d{0,6})$/.exec(url.pathname);
  if (url.hostname === '' || database === null || url.search !== '' || url.hash !== '') {
    throw new CapabilityError(
      'invalid-argument',
      'the bind needs a host, and after it at most a port and the number of a database (/0); no query',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(database[1]),
    ...(url.username === '' ? {} : { username: decode(url.username) }),
    ...(url.password === '' ? {} : { password: decode(url.password) }),
    // TLS knows names of hosts, not addresses.
    ...(url.protocol === 'rediss:' && { tls: isIP(host) ? {} : { servername: host } }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function makeClient(connection: Connection, end: () => void): RedisClient {
  let released = false;

  async function send(command: string, args: readonly RedisArgument[]): Promise<unknown> {
    if (released) throw new CapabilityError('cancelled', 'the connection was closed');
    const { redis } = connection;
    if (connection.noDatabase) throw wrongDatabase();
    if (redis.status !== 'ready')
      throw unreachable(connection.trouble ?? new Error('the connection is being made'));
    sendTogether(connection);
    try {
      return await redis.callBuffer(command, ...args);
    } catch (error) {
      throw explainRedis(error as Error);
    }
  }

  return {
    send,
    async run(script, keys, args) {
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await send('EVALSHA', [script.sha, ...rest]);
      } catch (error) {
        // A server that was restarted does not know the script; it has run nothing of it.
        if (!(error instanceof CapabilityError) || error.detail !== 'NOSCRIPT') throw error;
        return send('EVAL', [script.source, ...rest]);
      }
    },
    release() {
      if (!released) end();
      released = true;
    },
  };
}

/** So many commands leave in one write: few enough for the server to work while others are still being made. */
const mostTogether = 32;

/** Commands of one turn of the event loop leave together: with many guests that is most of what a command costs. */
function sendTogether(connection: Connection): void {
  const { stream } = connection.redis;
  if (connection.gathered === 0) {
    stream.cork();
    process.nextTick(() => {
      connection.gathered = 0;
      stream.uncork();
    });
  } else if (connection.gathered % mostTogether === 0) {
    stream.uncork();
    stream.cork();
  }
  connection.gathered++;
}

function wrongDatabase(): CapabilityError {
  return new CapabilityError(
    'invalid-argument',
    'the server does not have the database whose number ends the bind; 0 is always there',
  );
}

/** The reasons of Redis, by the first word of its answer. Where one is given, the command did not run. */
const replies: {
  readonly [word: string]: readonly [ConstructorParameters<typeof CapabilityError>[0], string];
} = {
  WRONGPASS: ['unauthenticated', 'Correct the user and password in the bind'],
  // An `@` or `//` here would make the mask of credentials swallow the sentence.
  NOAUTH: ['unauthenticated', 'The server wants a password: put it into the bind'],
  NOPERM: ['permission-denied', "Widen this user's rights with ACL SETUSER"],
  WRONGTYPE: ['precondition-failed', 'The key holds another type of Redis; use another key'],
  OOM: ['resource-exhausted', "The server's maxmemory is used up"],
  LOADING: ['unavailable', 'It is reading its data from the disk'],
  BUSY: ['unavailable', 'It is busy with a script'],
  READONLY: ['unavailable', 'It is a replica: bind the primary'],
  MASTERDOWN: ['unavailable', 'Its primary is away'],
  CLUSTERDOWN: ['unavailable', 'The cluster is not complete'],
  TRYAGAIN: ['unavailable', 'The cluster is moving this key'],
  MISCONF: ['unavailable', 'It cannot write its data to the disk'],
  NOREPLICAS: ['unavailable', 'It has too few replicas to take writes'],
  MOVED: ['unsupported', 'This is one node of a cluster of several, which the redis backend cannot use'],
};

/**
 * An error of ioredis as ours. The original is no `cause`, since it carries the command with its arguments: values,
 * or a password.
 */
export function explainRedis(error: Error): CapabilityError {
  if (error.name === 'ReplyError') {
    const word = /^[A-Z]+/.exec(error.message)?.[0] ?? '';
    const [code, fix] = replies[word] ?? ['internal', ''];
    // What follows repeats the arguments.
    const said = error.message.replace(/,? with args beginning.*/s, '').replace(/\.$/, '');
    return new CapabilityError(code, `Redis refused: ${said}${fix && `. ${fix}`}`, { detail: word });
  }
  if (error.message.startsWith("Stream isn't writeable")) return unreachable(error);
  return new CapabilityError('unavailable', 'the connection broke before the server answered', {
    outcome: 'unknown',
  });
}

function unreachable(trouble: Error): CapabilityError {
  const refused = trouble.name === 'ReplyError' ? explainRedis(trouble) : undefined;
  if (refused !== undefined && refused.code !== 'internal') return refused;
  return new CapabilityError('unavailable', `the server cannot be reached: ${reason(trouble)}`);
}

/** Where a name has several addresses, the reasons stand one floor below. */
function reason(trouble: Error): string {
  // The library would have it reported to its authors.
  if (/RESP type/.test(trouble.message)) return 'what answers there does not speak Redis';
  if (trouble instanceof AggregateError)
    return trouble.errors.map((error: Error) => error.message).join('; ');
  return trouble.message;
}
