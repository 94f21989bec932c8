import type { Server } from 'node:http';
import type { AddressInfo, BoundSocket } from 'node:net';
import { StartError } from '../host/log/start-error.ts';
import { printAddress } from '../slightfile/address.ts';
import type { Address } from '../slightfile/address.ts';

/** Where to listen: at an address, or on a socket that is bound to it already. */
export interface ListenAddress extends Address {
  readonly fd?: number | undefined;
  readonly socket?: BoundSocket | undefined;
}

/**
 * Listens, and says where.
 * @throws {StartError} where the address cannot be had
 */
export async function listen(
  server: Server,
  address: ListenAddress,
): Promise<{ url: string; authority: string }> {
  const { host, port: wanted, fd, socket } = address;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListening(error, address)));
    if (socket !== undefined) server.listen(socket, resolve);
    else if (fd === undefined) server.listen(wanted, host, resolve);
    else server.listen({ fd }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const authority = printAddress({ host: address.host, port });
  return { url: `http://${authority}`, authority };
}

/** Why an address cannot be had, and what to do about it. */
export function explainListening(error: NodeJS.ErrnoException, address: Address): StartError {
  const where = printAddress(address);
  const free = printAddress({ host: address.host, port: 0 });
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `cannot listen on ${where}: another program does already\n` +
          `  fix: end that program, or choose another address: --address ${free} takes any free port`,
      );
    case 'EACCES':
      return new StartError(
        `cannot listen on ${where}: this user may not use that port\n  fix: choose a port from 1024 on`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(
        `cannot listen on ${where}: ${address.host} is no address of this machine\n` +
          '  fix: 127.0.0.1 is for this machine alone, 0.0.0.0 for every network that it is in',
      );
    default:
      return new StartError(`cannot listen on ${where}: ${error.message}`);
  }
}
