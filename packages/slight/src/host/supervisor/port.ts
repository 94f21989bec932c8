import { lookup } from 'node:dns/promises';
import { BoundSocket } from 'node:net';
import { explainListening } from '../../triggers/http-listen.ts';
import type { Address } from '../../slightfile/address.ts';

/**
 * The app's port as its supervisor holds it. Workers inherit the socket and take connections from it, so it stays open
 * when they die: what arrives meanwhile waits for the next one.
 */
export interface Port {
  /** With the port that the system picked, where 0 was asked for. */
  readonly address: Address;
  /** Undefined on systems without file descriptors (Windows): a worker must listen by itself, and only one can. */
  readonly fd: number | undefined;
  /** For a server of this process, in place of `fd`; then it is that server's. */
  readonly socket: BoundSocket | undefined;
  /** Lets it go, if that has not been done. It is closed once the workers have closed it too. */
  close(): void;
}

/**
 * Binds a port without taking connections.
 * @throws {StartError} where the address cannot be had
 */
export async function bindPort(address: Address): Promise<Port> {
  try {
    const { address: host } = await lookup(address.host);
    const socket = new BoundSocket({ host, port: address.port });
    const { port } = socket.address();
    const fd = socket.fd();
    const bound = { host: address.host, port };
    if (fd >= 0) return { address: bound, fd, socket, close: () => socket[Symbol.dispose]() };
    socket.close();
    return { address: bound, fd: undefined, socket: undefined, close: () => undefined };
  } catch (error) {
    throw explainListening(error as NodeJS.ErrnoException, address);
  }
}
