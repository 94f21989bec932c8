import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer, says } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need mosquitto, or false. */
export const mosquittoMissing = missing('mosquitto');

export interface MosquittoOptions {
  readonly user?: string;
  readonly password?: string;
  /** TLS on a second port; needs openssl. */
  readonly tls?: boolean;
}

export interface MosquittoServer extends TestServer {
  /** With `tls`: its other port, and the certificate (PEM) that it shows there, made out to localhost. */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
}

/** CONNECT of MQTT 3.1.1 without an identity; whatever answers it, a refusal too, is a broker. */
const hello = new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]);
const connected = 0x20;

/**
 * Starts a mosquitto on loopback that keeps sessions and messages, any number of them, and writes them to the disk with
 * each change.
 */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoServer> {
  const { user, password } = options;
  const folder = makeServerFolder('mosquitto');
  const port = await findFreePort();
  const tls = options.tls ? { port: await findFreePort(), certificate: makeCertificate(folder) } : undefined;
  const file = join(folder, 'mosquitto.conf');
  const passwords = join(folder, 'passwords');
  if (user !== undefined) execFileSync('mosquitto_passwd', ['-c', '-b', passwords, user, password ?? '']);
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(tls === undefined
      ? []
      : [
          `listener ${tls.port} 127.0.0.1`,
          `certfile ${join(folder, 'certificate.pem')}`,
          `keyfile ${join(folder, 'key.pem')}`,
        ]),
    // As root it would become another user, who cannot write here.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...(user === undefined
      ? ['allow_anonymous true']
      : ['allow_anonymous false', `password_file ${passwords}`]),
    'persistence true',
    `persistence_location ${folder}/`,
    'autosave_on_changes true',
    'autosave_interval 1',
    'max_queued_messages 0',
    // Otherwise an answer that follows another one waits up to 40 ms for the client's system.
    'set_tcp_nodelay true',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const server = await runServer({
    name: 'mosquitto',
    folder,
    start: () => startProcess('mosquitto', ['-c', file], folder),
    answers: () => says(port, hello, ([first]) => first === connected),
  });
  const credentials = user === undefined ? '' : `${user}:${encodeURIComponent(password ?? '')}@`;
  return { ...server, port, tls, url: `mqtt://${credentials}127.0.0.1:${port}` };
}
