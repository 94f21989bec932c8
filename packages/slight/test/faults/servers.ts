import type { TestContext } from 'node:test';
import { etcdMissing, startEtcd } from '../../../../test/servers/etcd.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../../test/servers/postgres.ts';
import { startProxy } from '../../../../test/servers/proxy.ts';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import type { TestServer } from '../../../../test/servers/server.ts';

/** Those that have key-value and locks, by the names that their conformance suites have. */
export const backends: readonly (readonly [
  name: string,
  skip: string | false,
  start: () => Promise<TestServer>,
])[] = [
  // Its watches need events.
  ['Redis', redisMissing, () => startRedis({ settings: ['--notify-keyspace-events', 'KA'] })],
  ['NATS', natsMissing, startNats],
  ['etcd', etcdMissing, startEtcd],
  ['PostgreSQL', postgresMissing, startPostgres],
];

/** Starts a server, and a link to it that a test may cut; binds lead to it `direct`ly and `through` the link. */
export async function serve(t: TestContext, start: () => Promise<TestServer>) {
  const server = await start();
  const link = await startProxy(server.port);
  /** What is to be closed before the server ends. */
  const closing: (() => unknown)[] = [];
  t.after(async () => {
    for (const close of closing) await close();
    await link.close();
    // PostgreSQL waits for those who are connected.
    await server.kill();
    await server.stop();
  });
  const direct = server.url.replace('http:', 'etcd:');
  const through = direct.replace(`:${server.port}`, `:${link.port}`);
  return { server, link, closing, direct, through };
}
