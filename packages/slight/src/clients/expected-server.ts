import { CapabilityError } from '../capabilities/core/error.ts';
import { recogniseServer } from './server-kind.ts';
import type { FoundServer, ServerKind } from './server-kind.ts';

/** The server that a bind means. */
export interface ExpectedServer {
  readonly kind: Exclude<ServerKind, 'HTTP' | 'TLS'>;
  readonly host: string;
  readonly port: number;
  /** Whether the bind asks for TLS. */
  readonly tls: boolean;
  /** Who usually listens where, as a sentence, where it is not what `kind` says. */
  readonly usual?: string;
}

/** Whether TLS refused the other side: nothing of what was asked has left. */
export function isCertificateError({ message }: Error): boolean {
  return /certificate/.test(message);
}

/** Where such servers usually listen, and how a bind asks for TLS and does not. */
const manners = {
  Redis: {
    port: 6379,
    secure: 'write rediss: in place of redis:',
    plain: 'write redis: in place of rediss:',
  },
  MQTT: { port: 1883, secure: 'write mqtts: in place of mqtt:', plain: 'write mqtt: in place of mqtts:' },
  etcd: { port: 2379, secure: 'write etcds: in place of etcd:', plain: 'write etcd: in place of etcds:' },
  // These begin without TLS, and ask for it.
  NATS: { port: 4222, secure: undefined, plain: 'leave ?tls=true out' },
  PostgreSQL: { port: 5432, secure: undefined, plain: 'leave sslmode out' },
} as const;

/** Milliseconds after which it is looked at what answers there: to some greetings a server of another kind says nothing. */
const suspicious = 1_000;

/**
 * Opens a connection. Where that fails for no reason that the server gave, it is looked at what answers there instead.
 * @throws {CapabilityError} `invalid-argument` where that is another kind of server; else what `open` throws
 */
export async function openExpected<T>(expected: ExpectedServer, open: () => Promise<T>): Promise<T> {
  let found: Promise<FoundServer | undefined> | undefined;
  const look = (): Promise<FoundServer | undefined> => (found ??= findOut(expected));
  const timer = setTimeout(look, suspicious);
  try {
    return await open();
  } catch (error) {
    const vague =
      error instanceof CapabilityError && (error.code === 'unavailable' || error.code === 'timeout');
    if (!vague) throw error;
    throw describeFound(expected, await look()) ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/** Behind TLS where both sides speak it. */
async function findOut({ host, port, tls }: ExpectedServer): Promise<FoundServer | undefined> {
  const found = await recogniseServer(host, port);
  if (found?.kind !== 'TLS' || !tls) return found;
  return await recogniseServer(host, port, true);
}

function describeFound(
  { kind, port, tls, usual }: ExpectedServer,
  found: FoundServer | undefined,
): CapabilityError | undefined {
  if (found === undefined) return undefined;
  const { port: common, secure, plain } = manners[kind];
  const right = `is ${port} the right port? ${usual ?? `${kind} usually listens on ${common}`}`;
  if (found.kind === undefined)
    return new CapabilityError('unavailable', `what answers there does not speak ${kind}`, { fix: right });
  if (found.kind === kind) {
    if (!tls || found.secure) return undefined;
    return new CapabilityError(
      'invalid-argument',
      `what answers there speaks ${kind} without TLS, and the bind asks for TLS`,
      { fix: `${plain}, or name a port that has TLS` },
    );
  }
  const looks = found.secure && found.kind !== 'TLS' ? `${found.kind} over TLS` : found.kind;
  // That may be what stands before an etcd that is away.
  const code = kind === 'etcd' && found.kind === 'HTTP' ? 'unavailable' : 'invalid-argument';
  return new CapabilityError(code, `what answers there does not speak ${kind}: it looks like ${looks}`, {
    fix:
      found.kind === 'TLS' && secure !== undefined ? `where it is ${kind}, ${secure}; else, ${right}` : right,
  });
}
