import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import type { buildConnector } from 'undici';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { HostRule } from '../slightfile/model.ts';
import { classifyAddress, normalizeAddress } from './address.ts';
import { bareHost, checkAddresses, requireReach } from './allow.ts';

/** All addresses of a name. Rejects where it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export interface ConnectOptions {
  readonly rules: readonly HostRule[];
  /** Of the slightfile, for messages. */
  readonly path: string;
  /** Ports on which this host listens: nobody is let in through the back door. */
  readonly own: ReadonlySet<number>;
  readonly resolve: Resolve;
  /** Opens a connection to an address. */
  readonly open: buildConnector.connector;
}

/**
 * Connects to origins that the rules allow. A name is looked up once, all of its addresses are checked, and the connection
 * goes to one that was: whoever answers the next question otherwise gains nothing.
 */
export function createConnector(options: ConnectOptions): buildConnector.connector {
  return (target, callback) => {
    connect(options, target).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

type Socket = NonNullable<Parameters<buildConnector.Callback>[1]>;

async function connect(
  { rules, path, own, resolve, open }: ConnectOptions,
  target: buildConnector.Options,
): Promise<Socket> {
  const url = new URL(`${target.protocol}//${target.host ?? target.hostname}`);
  const reach = requireReach(rules, url, path);
  const name = bareHost(url);
  const literal = isIP(name) !== 0;
  const addresses = literal ? [name] : await lookUp(resolve, name, url.origin);
  checkAddresses(url, reach, addresses, path);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (own.has(port) && addresses.some(isOwn))
    throw new CapabilityError(
      'permission-denied',
      `outgoing HTTP to ${url.origin}: this is where the app itself is served. Call its code instead`,
    );
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await openTo(open, {
        ...target,
        hostname: address,
        port: String(port),
        // The certificate is the name's.
        ...(url.protocol === 'https:' && !literal && { servername: name }),
      });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function lookUp(resolve: Resolve, name: string, origin: string): Promise<readonly string[]> {
  let addresses: readonly string[] = [];
  let cause: unknown;
  try {
    addresses = await resolve(name);
  } catch (error) {
    cause = error;
  }
  if (addresses.length > 0) return addresses;
  throw new CapabilityError(
    'unavailable',
    `outgoing HTTP to ${origin}: no address was found for ${name}. Check the name and the DNS of this machine`,
    { cause },
  );
}

function openTo(open: buildConnector.connector, target: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Where it fails there is no socket, whatever the types say.
    open(target, (error, socket) => (socket ? resolve(socket) : reject(error!)));
  });
}

/** Whether an address is one of this machine's. */
function isOwn(address: string): boolean {
  if (classifyAddress(address) === 'loopback') return true;
  const normal = normalizeAddress(address);
  return Object.values(networkInterfaces()).some((cards) =>
    cards?.some((card) => normalizeAddress(card.address) === normal),
  );
}
