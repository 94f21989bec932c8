import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer, says } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need nats-server, or false. */
export const natsMissing = missing('nats-server');

export interface NatsServerOptions {
  readonly user?: string;
  readonly password?: string;
}

/**
 * Starts a nats-server with JetStream on loopback. It writes to files at once; the system writes those to the disk, so
 * what it has confirmed outlives the server's death.
 */
export async function startNats({ user, password }: NatsServerOptions = {}): Promise<TestServer> {
  const folder = makeServerFolder('nats');
  const port = await findFreePort();
  const login =
    user === undefined ? '' : `authorization { user: ${user}, password: ${JSON.stringify(password)} }`;
  const file = join(folder, 'nats.conf');
  writeFileSync(
    file,
    `listen: "127.0.0.1:${port}"
    jetstream { store_dir: ${JSON.stringify(join(folder, 'data'))} }
    ${login}`,
  );
  const server = await runServer({
    name: 'nats-server',
    folder,
    start: () => startProcess('nats-server', ['-c', file], folder),
    answers: () => says(port, '', (answer) => answer.toString().startsWith('INFO {')),
  });
  const credentials = user === undefined ? '' : `${user}:${encodeURIComponent(password ?? '')}@`;
  return { ...server, port, url: `nats://${credentials}127.0.0.1:${port}` };
}
