import type { ClientConfig } from 'pg';
import { CapabilityError } from '../capabilities/core/error.ts';
import { readLogin } from './login.ts';

export interface PostgresPlace {
  readonly settings: Pick<ClientConfig, 'connectionString' | 'ssl'>;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/**
 * As PostgreSQL itself means them: https://www.postgresql.org/docs/current/libpq-ssl.html. The library means others by them, which
 * change with its next version. Those that leave open whether a connection is encrypted, or whom it is with, are not taken.
 */
const modes: { readonly [mode: string]: ClientConfig['ssl'] } = {
  disable: false,
  /** Encrypted, with whoever answers. */
  require: { rejectUnauthorized: false },
  /** Encrypted, with a server whose certificate is vouched for and made out to the host of the bind. */
  'verify-full': {},
};

/** Of the library, each of which would say something else. */
const others = ['ssl', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'];

/** @throws {CapabilityError} `invalid-argument` */
export function readPostgresPlace(given: URL): PostgresPlace {
  const url = new URL(given);
  const { searchParams: query } = url;
  if (url.hostname === '' || url.pathname.length < 2)
    throw new CapabilityError(
      'invalid-argument',
      'the bind needs a host and a database: postgres://user:password@127.0.0.1:5432/database',
    );
  const mode = query.get('sslmode') ?? 'disable';
  if (!Object.hasOwn(modes, mode))
    throw new CapabilityError(
      'invalid-argument',
      'there is no such sslmode here: verify-full is TLS with a server whose certificate is checked, require is TLS with whoever answers, disable is none',
    );
  const other = others.find((name) => query.has(name));
  if (other !== undefined)
    throw new CapabilityError(
      'invalid-argument',
      `${other} is not taken. ?sslmode=verify-full asks for TLS; a certificate of your own is trusted with NODE_EXTRA_CA_CERTS=ca.pem slight run`,
    );
  query.delete('sslmode');
  // The library refuses a percent sign that encodes nothing.
  const { user, password } = readLogin(url);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return {
    settings: { connectionString: url.href, ssl: modes[mode]! },
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    tls: mode !== 'disable',
  };
}
