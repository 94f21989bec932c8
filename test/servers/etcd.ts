import { makeCertificate } from './certificate.ts';
import { findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need etcd, or false. */
export const etcdMissing = missing('etcd');

export interface EtcdServerOptions {
  /** Of the user `root`, without whom, or another, nothing is answered. */
  readonly password?: string;
  /** Seconds after which a token that it gave is worth nothing. */
  readonly tokenTtl?: number;
  /** TLS on a second port; needs openssl. */
  readonly tls?: boolean;
}

export interface EtcdServer extends TestServer {
  /** With `tls`: its other port, and the certificate (PEM) that it shows there, made out to localhost. */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
  /** Calls a method of its gateway, as `root`. @throws {Error} where it refuses */
  ask(method: string, body: object): Promise<any>;
}

/** Starts an etcd of one member on loopback, which has written each change to the disk before it answers. */
export async function startEtcd(given: EtcdServerOptions = {}): Promise<EtcdServer> {
  const { password, tokenTtl } = given;
  const folder = makeServerFolder('etcd');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await findFreePort()}`;
  const tls = given.tls ? { port: await findFreePort(), certificate: makeCertificate(folder) } : undefined;
  const clients = tls === undefined ? url : `${url},https://127.0.0.1:${tls.port}`;
  const options = [
    ['--name', 'test', '--data-dir', `${folder}/data`, '--log-level', 'error'],
    ['--listen-client-urls', clients, '--advertise-client-urls', url],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `test=${peer}`],
    tls === undefined ? [] : '--cert-file certificate.pem --key-file key.pem'.split(' '),
    // Otherwise it works for a tenth of a second on each password.
    password === undefined ? [] : ['--bcrypt-cost', '4'],
    tokenTtl === undefined ? [] : ['--auth-token-ttl', String(tokenTtl)],
  ];

  async function post(method: string, body: object, token?: string): Promise<any> {
    const headers = token === undefined ? undefined : { authorization: token };
    const answer = await fetch(`${url}/v3/${method}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method}: ${await answer.text()}`);
    return answer.json();
  }

  const server = await runServer({
    name: 'etcd',
    folder,
    start: () => startProcess('etcd', options.flat(), folder),
    async answers() {
      try {
        const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
        return ((await answer.json()) as { health?: string }).health === 'true';
      } catch {
        return false;
      }
    },
  });
  if (password !== undefined) {
    await post('auth/user/add', { name: 'root', password });
    await post('auth/role/add', { name: 'root' });
    await post('auth/user/grant', { user: 'root', role: 'root' });
    await post('auth/enable', {});
  }
  return {
    ...server,
    port,
    url,
    tls,
    async ask(method, body) {
      if (password === undefined) return post(method, body);
      const { token } = await post('auth/authenticate', { name: 'root', password });
      return post(method, body, token);
    },
  };
}
