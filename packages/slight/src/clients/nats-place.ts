import { isIP } from 'node:net';
import type { OpenContext } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';

/** Where a NATS is. */
export interface NatsPlace {
  /** Several are one cluster. */
  readonly servers: readonly [NatsAddress, ...NatsAddress[]];
  readonly tls: boolean;
}

export interface NatsAddress {
  readonly host: string;
  readonly port: number;
}

const usualPort = 4222;

/** @throws {CapabilityError} `invalid-argument` */
export function readNatsPlace({ url, hosts = [] }: Pick<OpenContext, 'url' | 'hosts'>): NatsPlace {
  // A query that is passed over may be meant for a login, and what stands behind `#` for the rest of a password.
  if (
    url.hostname === '' ||
    /[^/]/.test(url.pathname) ||
    !/^(\?tls=true)?$/.test(url.search) ||
    url.hash !== ''
  )
    throw new CapabilityError(
      'invalid-argument',
      'the bind needs a host, or the hosts of a cluster, and after that at most ?tls=true: nats://a:4222,b:4222. ' +
        'A login stands before the host, its special characters percent-encoded',
    );
  const tls = url.search !== '';
  const [first, ...others] = hosts.map(readAddress);
  if (tls && others.length > 0 && [first!, ...others].some(({ host }) => isIP(host) !== 0))
    throw new CapabilityError(
      'invalid-argument',
      'with ?tls=true the servers of a cluster stand in the bind by their names, which are what their certificates are made out to',
    );
  return { servers: [first ?? readAddress(url.host), ...others], tls };
}

function readAddress(text: string): NatsAddress {
  const { hostname, port } = new URL(`nats://${text}`);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usualPort : Number(port) };
}
