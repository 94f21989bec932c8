import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Load {
  readonly connections: number;
  readonly milliseconds: number;
  /** What every answer's body has to be. */
  readonly expected: string;
}

/**
 * Keeps every connection busy with one GET after the other and counts whole answers: requests per second. It reads no
 * more of HTTP than it must, so that it takes little from the machine that it shares with the server.
 * @throws {Error} for an answer that is not 200 or not the expected one, or a connection that breaks
 */
export async function load(url: string, { connections, milliseconds, expected }: Load): Promise<number> {
  const { hostname, port, host, pathname } = new URL(url);
  const request = Buffer.from(
    `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: application/json\r\n\r\n`,
  );
  const body = Buffer.from(expected).toString('latin1');
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(Number(port), hostname)));
  const began = performance.now();
  const until = began + milliseconds;
  try {
    const counts = await Promise.all(sockets.map((socket) => exchange(socket, request, body, until)));
    return (counts.reduce((sum, count) => sum + count, 0) / (performance.now() - began)) * 1000;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function open(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket, request: Buffer, body: string, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let pending = '';
    socket.on('error', reject).on('close', () => reject(new Error('the server hung up')));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      pending = pending === '' ? chunk : pending + chunk;
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0 || pending.length < end + 4 + body.length) return;
      if (!pending.startsWith('HTTP/1.1 200 ') || !pending.endsWith(body)) {
        return reject(new Error(`the server answered:\n${pending}`));
      }
      pending = '';
      count++;
      if (performance.now() < until) socket.write(request);
      else resolve(count);
    });
    socket.write(request);
  });
}
