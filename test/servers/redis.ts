import { connect } from 'node:net';
import { makeCertificate } from './certificate.ts';
import { findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need redis-server, or false. */
export const redisMissing = missing('redis-server');

/** Its URL has the password, where there is one. */
export interface RedisServer extends TestServer {
  /** With `tls`: its other port, and the certificate (PEM) that it shows there, made out to localhost. */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
  /** The port where nodes of a cluster speak to one another. */
  readonly busPort: number | undefined;
  /** Sends a command in its plain form and gives the raw answer. */
  ask(command: string): Promise<string>;
}

export interface RedisServerOptions {
  readonly password?: string;
  /**
   * One node that holds all slots of a cluster: a script whose keys lie in several slots is refused. A `member` has none:
   * somebody makes a cluster of several.
   */
  readonly cluster?: boolean | 'member';
  /** TLS on a second port; needs openssl. */
  readonly tls?: boolean;
  /** As on its command line. */
  readonly settings?: readonly string[];
}

/** Starts a redis-server on loopback that has written each change to the disk before it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, cluster } = options;
  const folder = makeServerFolder('redis');
  const port = await findFreePort();
  // By default 10,000 above, which may be past the last one.
  const busPort = cluster ? await findFreePort() : undefined;
  const tls = options.tls ? { port: await findFreePort(), certificate: makeCertificate(folder) } : undefined;
  const args = [
    `--port ${port} --bind 127.0.0.1 --appendonly yes --appendfsync always`.split(' '),
    ['--dir', folder, '--save', ''],
    // Otherwise it waits some seconds for more replicas to come, and does not end before they have heard all, nor while it writes
    // the copy of what it has just got from its primary.
    '--repl-diskless-sync-delay 0 --shutdown-on-sigterm now force'.split(' '),
    password === undefined ? [] : ['--requirepass', password, '--masterauth', password],
    cluster ? ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)] : [],
    tls ? `--tls-port ${tls.port} --tls-cert-file certificate.pem --tls-key-file key.pem`.split(' ') : [],
    options.settings ?? [],
    tls ? ['--tls-ca-cert-file', 'certificate.pem', '--tls-auth-clients', 'no'] : [],
  ].flat();

  async function answers(): Promise<boolean> {
    if (!/^[+]PONG/m.test(await ask('PING'))) return false;
    if (cluster !== true) return true;
    // Only the first time: afterwards it remembers them, and refuses.
    await ask('CLUSTER ADDSLOTSRANGE 0 16383');
    return (await ask('CLUSTER INFO')).includes('cluster_state:ok');
  }

  function ask(command: string): Promise<string> {
    const login = password === undefined ? '' : `AUTH ${password}\r\n`;
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.end(`${login}${command}\r\nQUIT\r\n`));
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (bytes) => (answer += bytes.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });
  }

  const server = await runServer({
    name: 'redis-server',
    folder,
    start: () => startProcess('redis-server', args, folder),
    answers,
  });
  return {
    ...server,
    port,
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    tls,
    busPort,
    ask,
  };
}
