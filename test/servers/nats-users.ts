import { randomUUID } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';

/** Whom a nats-server lets in by their keys. */
export interface NatsUsers {
  /** For its file of settings. */
  readonly lines: readonly string[];
  /** Of a user, as a file holds them. @param seconds after which they are worth nothing */
  makeCredentials(seconds?: number): string;
}

type KeyPair = ReturnType<typeof nkeys.createUser>;

const seedOf = (pair: KeyPair): string => Buffer.from(pair.getSeed()).toString();

/** One user, whose key the server knows itself. */
export function makeKeyUser(): NatsUsers {
  const user = nkeys.createUser();
  return {
    lines: [`authorization { users: [{ nkey: ${user.getPublicKey()} }] }`],
    makeCredentials: () => `${seedOf(user)}\n`,
  };
}

/** An operator who vouches for an account with JetStream, which vouches for its users: as `nsc` makes them. */
export function makeAccountUsers(): NatsUsers {
  const [operator, account, system] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
  ] as const;
  const [id, systemId] = [account.getPublicKey(), system.getPublicKey()];
  const usual = { subs: -1, data: -1, payload: -1 };
  const limits = { ...usual, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const stores = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accountLine = (pair: KeyPair, more: object) =>
    `${pair.getPublicKey()}: ${sign(operator, pair, { type: 'account', limits: { ...limits, ...more } })}`;
  return {
    lines: [
      `operator: ${sign(operator, operator, { type: 'operator', system_account: systemId })}`,
      `system_account: ${systemId}`,
      'resolver: MEMORY',
      `resolver_preload { ${accountLine(account, stores)}\n${accountLine(system, {})} }`,
    ],
    makeCredentials(seconds) {
      const user = nkeys.createUser();
      const claims = { type: 'user', issuer_account: id, ...usual };
      return [
        '-----BEGIN NATS USER JWT-----',
        sign(account, user, claims, seconds),
        '------END NATS USER JWT------',
        '-----BEGIN USER NKEY SEED-----',
        seedOf(user),
        '------END USER NKEY SEED------\n',
      ].join('\n');
    },
  };
}

/** What `by` says of `of`. https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt */
function sign(by: KeyPair, of: KeyPair, claims: object, seconds?: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const said = {
    jti: randomUUID(),
    iat: now,
    iss: by.getPublicKey(),
    sub: of.getPublicKey(),
    name: 'test',
    ...(seconds !== undefined && { exp: now + seconds }),
    nats: { version: 2, ...claims },
  };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(said)}`;
  return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString('base64url')}`;
}
