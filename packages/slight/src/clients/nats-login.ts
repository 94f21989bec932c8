import type { ConnectionOptions } from '@nats-io/transport-node';
import type { ConfigField, OpenContext } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { readBindFile, readRenewed } from './bind-file.ts';
import { readLogin } from './login.ts';

type Given = Pick<OpenContext, 'url' | 'config' | 'dataDir'>;

export const natsSettings = {
  credentials: {
    type: 'string',
    doc: 'What a file of credentials holds (a JWT and a seed), or the seed of an nkey alone',
    example: '"${secrets.NATS_CREDENTIALS}"',
    secret: true,
  },
  'credentials-file': {
    type: 'string',
    doc: 'A file with that, as nsc and nk write it, relative to the slightfile; it is read anew for each connection',
    example: '"./app.creds"',
  },
} satisfies { readonly [key: string]: ConfigField };

interface Credentials {
  /** Undefined where the server knows the key itself. */
  readonly jwt: string | undefined;
  readonly seed: Uint8Array;
}

type Library = Pick<
  typeof import('@nats-io/transport-node'),
  'jwtAuthenticator' | 'nkeyAuthenticator' | 'nkeys'
>;

/**
 * Who asks: a user with a password, or a token, before the host of the bind; or credentials beside it.
 * @throws {CapabilityError} `invalid-argument`
 */
export function readNatsLogin(
  given: Given,
  { jwtAuthenticator, nkeyAuthenticator, nkeys }: Library,
): Pick<ConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator'> {
  const { user, password } = readLogin(given.url);
  const { credentials, 'credentials-file': file } = given.config;
  if (user === '' && password !== '')
    throw new CapabilityError(
      'invalid-argument',
      'the bind has a password and no user: write nats://USER:PASSWORD@HOST, or a token alone as nats://TOKEN@HOST, or neither where `credentials` or `credentials-file` stand beside it',
    );
  const ways = [user !== '', credentials !== undefined, file !== undefined].filter(Boolean).length;
  if (ways > 1)
    throw new CapabilityError(
      'invalid-argument',
      'who asks is said more than once: keep one of the user or token in the bind, `credentials` and `credentials-file`',
    );
  if (credentials === undefined && file === undefined)
    return password === '' ? (user === '' ? {} : { token: user }) : { user, pass: password };

  const read = (): Credentials => {
    const text = file === undefined ? String(credentials) : readBindFile(given, 'credentials-file')!;
    const found = parseCredentials(text);
    try {
      nkeys.fromSeed(found!.seed);
      return found!;
    } catch {
      throw new CapabilityError(
        'invalid-argument',
        `\`credentials${file === undefined ? '' : '-file'}\` holds neither the credentials of a user nor the seed of an nkey, which begins with SU`,
      );
    }
  };
  const readAgain = readRenewed(read);
  return {
    authenticator: (nonce) => {
      const { jwt, seed } = readAgain();
      return (jwt === undefined ? nkeyAuthenticator(seed) : jwtAuthenticator(jwt, seed))(nonce);
    },
  };
}

function parseCredentials(text: string): Credentials | undefined {
  const seed = /^\s*(SU[A-Z2-7]{56})\s*$/m.exec(text)?.[1];
  const jwt = /^\s*([\w-]+\.[\w-]+\.[\w-]+)\s*$/m.exec(text)?.[1];
  return seed === undefined ? undefined : { jwt, seed: Buffer.from(seed) };
}
