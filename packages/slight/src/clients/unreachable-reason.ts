import { connect, isIP } from 'node:net';
import { connect as connectSecure } from 'node:tls';

/** Milliseconds. */
const patience = 500;

/**
 * Why a server cannot be reached, for a library that does not tell: it is tried once more.
 * @returns undefined where it can be, or says nothing
 */
export function findReason(host: string, port: number, tls: boolean): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket = tls
      ? connectSecure({ host, port, ...(isIP(host) === 0 && { servername: host }) })
      : connect({ host, port });
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(error);
    };
    const timer = setTimeout(end, patience);
    socket.on('error', end);
    socket.on(tls ? 'secureConnect' : 'connect', () => end());
  });
}
