import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { makeCertificate } from './certificate.ts';
import { findFreePort, startProcess } from './process.ts';
import type { NatsUsers } from './nats-users.ts';
import { makeServerFolder, missing, runServer, says } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need nats-server, or false. */
export const natsMissing = missing('nats-server');

/** Whether it is a version that loses what has replicas: such a cluster is not tested under faults. */
export const natsIsOld =
  natsMissing === false && /v[01]\.|v2\.\d\./.test(execFileSync('nats-server', ['--version']).toString());

export interface NatsServerOptions {
  readonly user?: string;
  readonly password?: string;
  /** In place of both. */
  readonly token?: string;
  /** In place of all of these. */
  readonly users?: NatsUsers;
  /** More of its settings for JetStream. */
  readonly jetstream?: string;
  /** Whoever connects has to speak TLS; needs openssl. */
  readonly tls?: boolean;
  /** More of its settings. */
  readonly lines?: readonly string[];
}

export interface NatsServer extends TestServer {
  /** With `tls`: its port, and the certificate (PEM) that it shows there, made out to localhost. */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
  /** Starts it again, at the same place, with another password. */
  changePassword(password: string): Promise<void>;
}

/**
 * Starts a nats-server with JetStream on loopback. It writes to files at once; the system writes those to the disk, so
 * what it has confirmed outlives the server's death.
 */
export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { user, password, token, users } = options;
  const folder = makeServerFolder('nats');
  const port = await findFreePort();
  const tls = options.tls ? { port, certificate: makeCertificate(folder) } : undefined;
  const file = join(folder, 'nats.conf');
  const quote = JSON.stringify;

  function configure(secret: string | undefined): void {
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      `jetstream { store_dir: ${quote(join(folder, 'data'))}, ${options.jetstream ?? ''} }`,
      user === undefined ? '' : `authorization { user: ${quote(user)}, password: ${quote(secret)} }`,
      ...(users?.lines ?? []),
      ...(options.lines ?? []),
      token === undefined ? '' : `authorization { token: ${quote(token)} }`,
      tls &&
        `tls { cert_file: ${quote(join(folder, 'certificate.pem'))}, key_file: ${quote(join(folder, 'key.pem'))} }`,
    ];
    writeFileSync(file, lines.join('\n'));
  }

  configure(password);
  const server = await runServer({
    name: 'nats-server',
    folder,
    start: () => startProcess('nats-server', ['-c', file], folder),
    answers: () => says(port, '', (answer) => answer.toString().startsWith('INFO {')),
  });
  const login = user === undefined ? token : user;
  const secret = user === undefined ? '' : `:${encodeURIComponent(password ?? '')}`;
  const credentials = login === undefined ? '' : `${encodeURIComponent(login)}${secret}@`;
  return {
    ...server,
    port,
    tls,
    async changePassword(changed) {
      await server.kill();
      configure(changed);
      await server.restart();
    },
    url: `nats://${credentials}127.0.0.1:${port}`,
  };
}
