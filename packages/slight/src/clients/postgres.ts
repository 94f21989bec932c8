import type { Client, Pool } from 'pg';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { OpenContext } from '../capabilities/core/backend.ts';
import type { ErrorCode } from '../capabilities/core/error.ts';
import { importPackage } from '../capabilities/core/packages.ts';
import { isCertificateError, openExpected } from './expected-server.ts';
import { makeLine, type Line } from './line.ts';
import { readPostgresPlace } from './postgres-place.ts';
import { isAnswer, keepsConnection, makeTables, type ServerError } from './postgres-tables.ts';
import { makeShare } from './shared.ts';

export { postgresSettings } from './postgres-place.ts';

type Place = Pick<OpenContext, 'url' | 'config' | 'dataDir' | 'timeout'>;

/** As `npm install` takes it. */
export const postgresPackage = 'pg@8.23.1';

/** Numbers of 64 bits come as decimal text, `bytea` as `Buffer`. */
export type PostgresRow = Record<string, any>;

export interface PostgresClient {
  /**
   * Runs one statement with its parameters, by itself a transaction. Statements are prepared once for each connection.
   * @param changes whether it may change anything: then a broken connection leaves the outcome `unknown`
   * @throws {CapabilityError} with the SQLSTATE as its `detail`
   */
  query(statement: string, parameters: readonly unknown[], changes: boolean): Promise<PostgresRow[]>;
  /**
   * Runs statements that make what is missing, one process after the other. A user who may not does without, where nothing is.
   * @throws {CapabilityError}
   */
  makeTables(statements: string): Promise<void>;
  /**
   * Hears of notifications on a channel, once the promise is fulfilled, and of an empty one whenever the connection was lost and
   * is there again.
   * @returns what ends it
   * @throws {CapabilityError}
   */
  listen(channel: string, hear: (payload: string) => void): Promise<() => void>;
  /** Lets go of it; the last one that does ends the connections. */
  release(): void;
}

interface Connection {
  readonly pool: Pool;
  /** Of statements: the pool would keep any number that wait. */
  readonly line: Line;
  readonly ears: Ears;
}

/** Milliseconds. */
const longestConnect = 2_500;
/** Until another try to connect for those who listen. */
const pause = 250;
/** Of this process. A server has a hundred by default, for all. */
const connections = 16;

const share = makeShare(disconnect);

/**
 * The connections of this process to the database of `url` (`postgres://user:password@host:port/database`, TLS with
 * `?sslmode=verify-full`, or `require`), shared by all that use the same database, user and certificate.
 * The first sets `timeout`: milliseconds that a statement may take on the server.
 * @param tables statements that make what is missing, run once for each process
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function openPostgres(place: Place, tables: string): Promise<PostgresClient> {
  const { url, config, dataDir } = place;
  const { 'certificate-file': certificate, 'key-file': file, key } = config;
  const id = JSON.stringify([url.href, certificate && [certificate, file, key, dataDir]]);
  return share(
    id,
    () => connect(place),
    async (connection, leave) => {
      const client = makeClient(connection, leave);
      await client.makeTables(tables);
      return client;
    },
  );
}

async function connect(given: Place): Promise<Connection> {
  const { timeout } = given;
  const place = readPostgresPlace(given);
  const { default: pg } = await importPackage(postgresPackage, () => import('pg'));
  const settings = {
    ...place.settings,
    connectionTimeoutMillis: longestConnect,
    application_name: 'slight',
    keepAlive: true,
    // Otherwise a connection that only listens would notice after hours that the other side is gone.
    keepAliveInitialDelayMillis: 5_000,
    // The server gives up before the operation's own deadline speaks: nothing goes on behind its back.
    statement_timeout: timeout,
    query_timeout: timeout + 500,
  };
  const pool = new pg.Pool({ ...settings, max: connections, idleTimeoutMillis: 30_000 });
  // Who uses a connection hears by itself that it broke; an event that nobody listens to would end this process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const ears = new Ears(() => new pg.Client(settings));
  const line = makeLine({ atOnce: connections, patience: timeout });
  const { host, port, tls } = place;
  return await openExpected({ kind: 'PostgreSQL', host, port, tls }, async () => {
    try {
      (await pool.connect()).release();
      return { pool, line, ears };
    } catch (error) {
      void pool.end();
      throw explain(error as Error, false);
    }
  });
}

function disconnect({ pool, ears }: Connection): void {
  ears.close();
  void pool.end().catch(() => undefined);
}

const names = new Map<string, string>();

/** Statements are texts of ours, so there are few. */
function nameOf(statement: string): string {
  let name = names.get(statement);
  if (name === undefined) names.set(statement, (name = `slight${names.size}`));
  return name;
}

function makeClient({ pool, line, ears }: Connection, end: () => void): PostgresClient {
  let released = false;
  return {
    async query(text, parameters, changes) {
      if (released) throw new CapabilityError('cancelled', 'the connection was closed');
      return line(async () => {
        const client = await pool.connect().catch((error: Error) => {
          // Nothing was sent yet.
          throw explain(error, false);
        });
        let broken = false;
        try {
          const { rows } = await client.query({ name: nameOf(text), text, values: parameters as unknown[] });
          return rows as PostgresRow[];
        } catch (error) {
          broken = !keepsConnection(error as Error);
          throw explain(error as Error, changes);
        } finally {
          client.release(broken);
        }
      });
    },
    async makeTables(statements) {
      try {
        await makeTables(pool, statements);
      } catch (error) {
        throw explain(error as Error, false);
      }
    },
    async listen(channel, hear) {
      try {
        return await ears.listen(channel, hear);
      } catch (error) {
        throw explain(error as Error, false);
      }
    },
    release() {
      released = true;
      end();
    },
  };
}

/** One connection that hears notifications, made when the first listens. */
class Ears {
  readonly #make: () => Client;
  readonly #heard = new Map<string, Set<(payload: string) => void>>();
  #connecting: Promise<Client> | undefined;
  #asked: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(make: () => Client) {
    this.#make = make;
  }

  async listen(channel: string, hear: (payload: string) => void): Promise<() => void> {
    const ears = this.#heard.get(channel) ?? new Set();
    this.#heard.set(channel, ears.add(hear));
    const end = (): void => {
      if (!ears.delete(hear) || ears.size > 0 || this.#heard.get(channel) !== ears) return;
      this.#heard.delete(channel);
      this.#connecting?.then((client) => this.#ask(client, `UNLISTEN ${channel}`)).catch(() => undefined);
    };
    try {
      const client = await (this.#connecting ??= this.#connect());
      // Also where another listens already: then the answer says that it does.
      await this.#ask(client, `LISTEN ${channel}`);
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connecting?.then((client) => client.end()).catch(() => undefined);
  }

  /** One statement at a time: a connection does no more. */
  #ask(client: Client, statement: string): Promise<unknown> {
    const answer = this.#asked
      .then(() => client.query(statement))
      .catch(async (error: Error) => {
        // One that did not answer would not answer the next either.
        if (!keepsConnection(error)) await client.end().catch(() => undefined);
        throw error;
      });
    this.#asked = answer.catch(() => undefined);
    return answer;
  }

  async #connect(): Promise<Client> {
    const client = this.#make();
    client.on('notification', ({ channel, payload = '' }) => {
      for (const hear of this.#heard.get(channel) ?? []) hear(payload);
    });
    client.on('error', () => undefined);
    let ended = false;
    let made = false;
    client.on('end', () => {
      ended = true;
      if (made) this.#again();
    });
    try {
      await client.connect();
      for (const channel of this.#heard.keys()) await this.#ask(client, `LISTEN ${channel}`);
    } catch (error) {
      this.#connecting = undefined;
      void client.end().catch(() => undefined);
      throw error;
    }
    made = true;
    if (ended) this.#again();
    return client;
  }

  /** The connection was lost. */
  #again(): void {
    this.#connecting = undefined;
    if (this.#closed || this.#heard.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#connecting ??= this.#connect();
      this.#connecting.then(
        // Whatever was said meanwhile is lost.
        () => {
          for (const ears of this.#heard.values()) for (const hear of ears) hear('');
        },
        () => this.#again(),
      );
    }, pause);
    this.#timer.unref();
  }
}

/** By SQLSTATE or its class. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const codes: { readonly [state: string]: ErrorCode } = {
  '28': 'unauthenticated',
  '3D': 'not-found',
  '42501': 'permission-denied',
  '23505': 'already-exists',
  '23': 'precondition-failed',
  '22': 'invalid-argument',
  '40': 'aborted',
  '53': 'resource-exhausted',
  '54': 'invalid-argument',
  '57014': 'timeout',
  '57': 'unavailable',
  '08': 'unavailable',
  '25006': 'unavailable', // a replica: read-only
};

const fixes: { readonly [code in ErrorCode]?: string } = {
  unauthenticated: '. Correct the user and password in the bind, or the certificate beside it',
  'not-found': '. Create the database, or name another in the bind',
  'permission-denied':
    '. Grant the user of the bind CREATE on the schema; or let another user make the tables slight_…, and grant the rights on them, and on their sequences',
};

function explain(error: ServerError, changes: boolean): CapabilityError {
  const { code: state = '' } = error;
  if (isAnswer(error)) {
    const code = codes[state] ?? codes[state.slice(0, 2)] ?? 'internal';
    // A server that ends says so to whoever waits for it; it may have committed before.
    const outcome = changes && (code === 'unavailable' || code === 'timeout') ? 'unknown' : 'none';
    return new CapabilityError(code, `PostgreSQL refused: ${error.message}${fixes[code] ?? ''}`, {
      outcome,
      detail: { state },
    });
  }
  if (
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/.test(state) ||
    error instanceof AggregateError ||
    isCertificateError(error) ||
    /timeout exceeded when trying to connect|timeout expired|due to connection timeout/.test(error.message)
  )
    return new CapabilityError('unavailable', `the server cannot be reached: ${error.message || state}`);
  // TLS is agreed on already when the server looks at it.
  if (/^ERR_SSL_.*ALERT/.test(state))
    return new CapabilityError(
      'unauthenticated',
      `the server refused the certificate that it was shown, of \`certificate-file\`: ${state.replace(/^ERR_SSL_/, '')}`,
    );
  if (/password must be a string/.test(error.message))
    return new CapabilityError('unauthenticated', 'the server wants a password: put it into the bind');
  return new CapabilityError('unavailable', 'the connection broke before the server answered', {
    outcome: changes ? 'unknown' : 'none',
  });
}
