import type { Server } from 'node:http';
import type { Log } from '../host/log/log.ts';

/** Milliseconds between two lines about connections that were turned away. */
const pause = 60_000;

/** Turns away connections beyond `most`, by closing them at once: each costs memory and a file descriptor. */
export function limitConnections(server: Server, most: number, log: Log): void {
  let dropped = 0;
  let saidAt = -Infinity;
  server.maxConnections = most;
  server.on('drop', () => {
    dropped++;
    const now = performance.now();
    if (now - saidAt < pause) return;
    log.host(
      'warn',
      `${dropped} connections were closed: this worker has ${most}, and takes no more (connections below [limits], and the system's limit of open files)`,
    );
    dropped = 0;
    saidAt = now;
  });
}
