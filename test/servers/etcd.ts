import { findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer } from './server.ts';
import type { TestServer } from './server.ts';

/** A reason to skip tests that need etcd, or false. */
export const etcdMissing = missing('etcd');

/** Starts an etcd of one member on loopback, which has written each change to the disk before it answers. */
export async function startEtcd(): Promise<TestServer> {
  const folder = makeServerFolder('etcd');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await findFreePort()}`;
  const options = [
    ['--name', 'test', '--data-dir', `${folder}/data`, '--log-level', 'error'],
    ['--listen-client-urls', url, '--advertise-client-urls', url],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `test=${peer}`],
  ];
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
  return { ...server, port, url };
}
