import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import type { ConfigField, OpenContext } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { readBindFile, readRenewed } from './bind-file.ts';
import { readLogin } from './login.ts';

export interface PostgresPlace {
  readonly settings: Pick<ClientConfig, 'connectionString' | 'ssl'>;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export const postgresSettings = {
  'certificate-file': {
    type: 'string',
    doc: 'A certificate of this client (PEM), relative to the slightfile, for a server that asks for one; it is read anew for each connection',
    example: '"./app.pem"',
  },
  'key-file': { type: 'string', doc: 'The key of that certificate (PEM)', example: '"./app.key"' },
  key: {
    type: 'string',
    doc: 'That key itself, in place of a file',
    example: '"${secrets.POSTGRES_KEY}"',
    secret: true,
  },
} satisfies { readonly [key: string]: ConfigField };

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
/** Of those, what stands beside the bind instead. */
const beside: { readonly [name: string]: string } = { sslcert: 'certificate-file', sslkey: 'key-file' };

/** @throws {CapabilityError} `invalid-argument` */
export function readPostgresPlace(given: Pick<OpenContext, 'url' | 'config' | 'dataDir'>): PostgresPlace {
  const url = new URL(given.url);
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
  if (other !== undefined && Object.hasOwn(beside, other))
    throw new CapabilityError(
      'invalid-argument',
      `${other} is not taken in the bind: it is the setting \`${beside[other]}\` beside it`,
    );
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
    settings: { connectionString: url.href, ssl: withCertificate(modes[mode]!, given) },
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    tls: mode !== 'disable',
  };
}

/** Shows a certificate of our own where one is given: the one that is there when the connection is made. @throws {CapabilityError} `invalid-argument` */
function withCertificate(
  ssl: PostgresPlace['settings']['ssl'],
  given: Pick<OpenContext, 'config' | 'dataDir'>,
): PostgresPlace['settings']['ssl'] {
  if (!Object.keys(postgresSettings).some((setting) => typeof given.config[setting] === 'string')) return ssl;
  if (typeof ssl !== 'object')
    throw new CapabilityError(
      'invalid-argument',
      'a certificate is shown over TLS alone: let the bind end with ?sslmode=verify-full',
    );
  const read = readRenewed(() => readCertificate(given));
  return {
    ...ssl,
    // The library looks at this with each connection, and would end this process with an error.
    get secureContext() {
      return createSecureContext(read());
    },
  };
}

/** @throws {CapabilityError} `invalid-argument` where it cannot be used */
function readCertificate(
  given: Pick<OpenContext, 'config' | 'dataDir'>,
): Pick<SecureContextOptions, 'cert' | 'key'> {
  const cert = readBindFile(given, 'certificate-file');
  const file = readBindFile(given, 'key-file');
  const text = typeof given.config.key === 'string' ? given.config.key : undefined;
  const key = file ?? text;
  if (cert === undefined || key === undefined || (file !== undefined && text !== undefined))
    throw new CapabilityError(
      'invalid-argument',
      'a certificate is `certificate-file` and, for its key, one of `key-file` and `key`',
    );
  try {
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CapabilityError(
      'invalid-argument',
      `the certificate of \`certificate-file\` and its key cannot be used${code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' ? ': they are not of one another' : ` (${code ?? 'unreadable'}): each has to be PEM, the key without a password`}`,
    );
  }
}
