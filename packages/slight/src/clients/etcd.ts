import type { Pool } from 'undici';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { ErrorCode } from '../capabilities/core/error.ts';
import { isCertificateError, openExpected } from './expected-server.ts';
import { makeLine, type Line } from './line.ts';
import { readLogin } from './login.ts';
import { makeShare } from './shared.ts';

/**
 * etcd through its JSON gateway, which every server has since 3.4: protobuf as JSON, bytes as base64, numbers of 64 bits as
 * decimal text, fields that are zero left out. https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway
 */
export interface EtcdClient {
  /**
   * Calls a method: `kv/range`, `lease/grant`.
   * @param changes whether it may change anything: then a broken connection leaves the outcome `unknown`
   * @throws {CapabilityError}
   */
  call(method: string, body: object, changes: boolean): Promise<any>;
  /**
   * Hears of changes until `signal` is aborted: one call for each answer of the server. Ends with an error where the
   * connection breaks.
   * @throws {CapabilityError}
   */
  watch(request: object, hear: (result: any) => void, signal: AbortSignal): Promise<void>;
  /** Lets go of it; the last one that does ends the connections. */
  release(): void;
}

interface Connection {
  readonly pool: Pool;
  /** Of calls: the pool would keep any number that wait, and send them long after they were given up. */
  readonly line: Line;
  /** Those that watch have a connection each, for as long as they do. */
  readonly watchers: Pool;
  readonly login: { readonly name: string; readonly password: string } | undefined;
  token: string | undefined;
  authenticating: Promise<void> | undefined;
}

/** Milliseconds. */
const longestConnect = 2_000;
/** The server commits about a thousand writes in a second, one flush for all that wait: so many may wait. */
const connections = 64;

const share = makeShare(disconnect);

/**
 * The connections of this process to the server of `url` (`etcd://user:password@host:port`, `etcds://` for TLS), shared by
 * all that use the same server and credentials.
 * @param timeout milliseconds without an answer after which a call has failed
 * @throws {CapabilityError} `invalid-argument`, `unauthenticated`, `unavailable`
 */
export async function openEtcd(url: URL, timeout: number): Promise<EtcdClient> {
  return share(
    url.href,
    () => connect(url, timeout),
    (connection, leave) => makeClient(connection, timeout, leave),
  );
}

async function connect(url: URL, timeout: number): Promise<Connection> {
  if (url.hostname === '' || /[^/]/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw new CapabilityError(
      'invalid-argument',
      'the bind needs a host, and after it at most a port: etcd://127.0.0.1:2379',
    );
  const { Pool } = await import('undici');
  const tls = url.protocol === 'etcds:';
  const port = url.port === '' ? 2379 : Number(url.port);
  const origin = `${tls ? 'https' : 'http'}://${url.hostname}:${port}`;
  // Otherwise a watch would notice after a minute and more that the other side is gone.
  const options = { connect: { timeout: longestConnect, keepAliveInitialDelay: 5_000 } };
  const patience = timeout + 500;
  const pool = new Pool(origin, {
    ...options,
    connections,
    headersTimeout: patience,
    bodyTimeout: patience,
  });
  const watchers = new Pool(origin, { ...options, connections: null, bodyTimeout: 0 });
  const { user: name, password } = readLogin(url);
  const connection: Connection = {
    pool,
    watchers,
    line: makeLine({ atOnce: connections, patience: timeout }),
    login: name === '' ? undefined : { name, password },
    token: undefined,
    authenticating: undefined,
  };
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return await openExpected({ kind: 'etcd', host, port, tls }, async () => {
    try {
      if (connection.login !== undefined) await authenticate(connection);
      await post(connection, 'kv/range', { key: encode('\0'), limit: '1', keys_only: true }, false);
      return connection;
    } catch (error) {
      // It has answered: this user need not have a right to that key.
      if (error instanceof CapabilityError && error.code === 'permission-denied') return connection;
      disconnect(connection);
      throw error;
    }
  });
}

function disconnect({ pool, watchers }: Connection): void {
  void pool.destroy();
  void watchers.destroy();
}

/** Once for all who want it: the server works for a tenth of a second on each password. */
function authenticate(connection: Connection): Promise<void> {
  return (connection.authenticating ??= (async () => {
    try {
      // With one that has ended even this would be refused.
      const without = { ...connection, token: undefined };
      const { token } = await post(without, 'auth/authenticate', connection.login!, false);
      connection.token = token as string;
    } finally {
      connection.authenticating = undefined;
    }
  })());
}

/** Does it once more with another token, where the one it was done with is worth nothing any more; nothing was done then. */
async function withToken<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.authenticating;
  const used = connection.token;
  try {
    return await work();
  } catch (error) {
    // Tokens end after minutes, with the server that gave them, and when rights are changed.
    const over = /invalid auth token|revision of auth store is old/.test((error as Error).message);
    if (connection.login === undefined || !over) throw error;
    if (connection.token === used) await authenticate(connection);
    return work();
  }
}

function post(connection: Connection, method: string, body: object, changes: boolean): Promise<any> {
  return connection.line(() => send(connection, method, body, changes));
}

async function send(
  { pool, token }: Connection,
  method: string,
  body: object,
  changes: boolean,
): Promise<any> {
  let status: number;
  let text: string;
  try {
    const response = await pool.request({
      method: 'POST',
      path: `/v3/${method}`,
      headers: token === undefined ? {} : { authorization: token },
      body: JSON.stringify(body),
    });
    status = response.statusCode;
    text = await response.body.text();
  } catch (error) {
    throw broken(error as Error & { code?: string }, changes);
  }
  const answer = parse(text, changes);
  if (status !== 200 && typeof (answer.code ?? answer.grpc_code) !== 'number') throw noEtcd(changes);
  if (status === 200) return answer.error === undefined ? answer : refuse(answer.error, changes);
  return refuse(answer, changes);
}

function makeClient(connection: Connection, timeout: number, end: () => void): EtcdClient {
  let released = false;

  async function call(method: string, body: object, changes: boolean): Promise<any> {
    if (released) throw new CapabilityError('cancelled', 'the connection was closed');
    return withToken(connection, () => post(connection, method, body, changes));
  }

  return {
    call,
    async watch(request, hear, signal) {
      try {
        await follow(connection, timeout, request, hear, signal);
      } catch (error) {
        if (signal.aborted) return;
        const refused =
          error instanceof CapabilityError && /^(permission-denied|unauthenticated)$/.test(error.code);
        if (!refused) throw error;
        // Maybe of a token that is worth nothing any more. A call gets another one then, or is refused itself.
        await call(
          'kv/range',
          { ...request, filters: undefined, start_revision: undefined, count_only: true },
          false,
        );
        if (!signal.aborted) await follow(connection, timeout, request, hear, signal);
      }
    },
    release() {
      released = true;
      end();
    },
  };
}

/** Ends where the signal is aborted. @throws {CapabilityError} */
async function follow(
  { watchers, token }: Connection,
  timeout: number,
  request: object,
  hear: (result: any) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { body } = await watchers.request({
      method: 'POST',
      path: '/v3/watch',
      headers: token === undefined ? {} : { authorization: token },
      headersTimeout: timeout,
      body: JSON.stringify({ create_request: request }),
      signal,
    });
    await readLines(body.setEncoding('utf8'), (line) => {
      const { result, error } = parse(line, false);
      if (error !== undefined) refuse(error, false);
      const [, why] =
        /desc = (.*(?:denied|auth|user).*)$/.exec(result.canceled ? result.cancel_reason : '') ?? [];
      if (why !== undefined) refuse({ code: why.includes('denied') ? 7 : 16, message: why }, false);
      hear(result);
    });
    throw new Error('the server ended the connection');
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof CapabilityError ? error : broken(error as Error, false);
  }
}

async function readLines(body: AsyncIterable<string>, hear: (line: string) => void): Promise<void> {
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') hear(line);
  }
}

function parse(text: string, changes: boolean): any {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch {
    // A page for people, or what stands between here and there.
  }
  throw noEtcd(changes);
}

function noEtcd(changes: boolean): CapabilityError {
  return new CapabilityError('unavailable', 'what answers there is no etcd, or not the JSON gateway of one', {
    // Something between may say so of a server that does not answer in time.
    outcome: changes ? 'unknown' : 'none',
  });
}

/** By the numbers of gRPC. https://grpc.io/docs/guides/status-codes */
const codes: { readonly [code: number]: ErrorCode } = {
  1: 'cancelled',
  3: 'invalid-argument',
  4: 'timeout',
  5: 'not-found',
  7: 'permission-denied',
  8: 'resource-exhausted',
  9: 'precondition-failed',
  10: 'aborted',
  14: 'unavailable',
  16: 'unauthenticated',
};

function refuse(
  answer: { message?: string; error?: string; code?: number; grpc_code?: number },
  changes: boolean,
): never {
  const message = answer.message ?? answer.error ?? 'an answer that cannot be read';
  const code = /authentication failed|user name is empty/.test(message)
    ? 'unauthenticated'
    : (codes[answer.code ?? answer.grpc_code ?? 2] ?? 'internal');
  const said = message.replace(/^etcdserver: /, '');
  // Whether the leader took it before it was lost, or the call given up, is not known.
  const outcome = changes && /^(unavailable|timeout|cancelled|internal)$/.test(code) ? 'unknown' : 'none';
  throw new CapabilityError(code, `etcd refused: ${said}${fixes[code] ?? ''}`, { outcome, detail: said });
}

const fixes: { readonly [code in ErrorCode]?: string } = {
  unauthenticated: '. Correct the user and password in the bind',
  'permission-denied': '. Give the user a role with the right to these keys',
};

function broken(error: Error & { code?: string }, changes: boolean): CapabilityError {
  const never = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(
    error.code ?? '',
  );
  if (never || error instanceof AggregateError || isCertificateError(error))
    return new CapabilityError('unavailable', `the server cannot be reached: ${error.message || error.code}`);
  return new CapabilityError('unavailable', 'the connection broke before the server answered', {
    outcome: changes ? 'unknown' : 'none',
  });
}

/** Text or bytes as the gateway takes them. */
export function encode(value: string | Uint8Array): string {
  return (typeof value === 'string' ? Buffer.from(value) : asBuffer(value)).toString('base64');
}

/** Bytes as the gateway gives them: empty ones are left out. */
export function decode(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64');
}

/** The end of the range of all keys that begin with `prefix`, which is not empty nor all 0xff: the next one behind them. */
export function endOfPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix);
  let last = bytes.length - 1;
  while (bytes[last] === 0xff) last--;
  bytes[last]!++;
  return bytes.subarray(0, last + 1).toString('base64');
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
