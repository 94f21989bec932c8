import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { findFreePort, startProcess, waitUntil } from './process.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { makeServerFolder, runServer, says, type TestServer } from './server.ts';

/** A server that takes writes, its replica, and three sentinels that replace the one by the other. */
export interface RedisSentinels {
  /** As a slightfile binds it. */
  readonly url: string;
  /** The first one takes writes, until it is replaced. */
  readonly nodes: readonly RedisServer[];
  readonly sentinels: readonly TestServer[];
  /** Waits until the sentinels have made this one take writes. */
  promoted(node: RedisServer): Promise<void>;
  /** Has them put the replica in place of the one that takes writes, which goes on as a replica. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisSentinelOptions {
  readonly password?: string;
  /** Of the sentinels themselves. */
  readonly sentinelPassword?: string;
  /** Milliseconds after which a server that says nothing is taken for dead. */
  readonly patience?: number;
  /** As on the command line of both servers. */
  readonly settings?: readonly string[];
  /** They do not end the connections of a server that they make a replica. */
  readonly keepsClients?: boolean;
}

const master = 'orders';

/** Starts them on loopback; both servers have written each change to the disk before they answer. */
export async function startRedisSentinels(options: RedisSentinelOptions = {}): Promise<RedisSentinels> {
  const { password, sentinelPassword, settings = [] } = options;
  const common = password === undefined ? {} : { password };
  const first = await startRedis({ ...common, settings });
  // The sentinels make of it what they want, and write that down: a file of its own outlives its command line.
  const second = await startRedis({
    ...common,
    settings: [...settings, '--replicaof', '127.0.0.1', String(first.port)],
  });
  const nodes = [first, second];
  const linked = async () => (await second.ask('INFO replication')).includes('master_link_status:up');
  await waitUntil('the replica follows', linked);
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port, options)));

  const firstLine = sentinelPassword === undefined ? '' : `AUTH ${sentinelPassword}\r\n`;
  const askOne = ({ port }: TestServer, command: string, expected: (answer: string) => boolean) =>
    says(port, `${firstLine}${command}\r\n`, (answer) => expected(answer.toString()));
  const all = async (command: string, expected: (answer: string) => boolean) =>
    (await Promise.all(sentinels.map((each) => askOne(each, command, expected)))).every(Boolean);
  await waitUntil('the sentinels know all', () =>
    all('INFO sentinel', (answer) => /status=ok,.*slaves=1,sentinels=3/.test(answer)),
  );
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return {
    url: `redis+sentinel://${login}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/0?master=${master}`,
    nodes,
    sentinels,
    promoted: (node) =>
      waitUntil('another server takes writes', async () => {
        const seen = await all(`SENTINEL get-master-addr-by-name ${master}`, (answer) =>
          answer.includes(`\n${node.port}\r`),
        );
        return seen && (await node.ask('INFO replication')).includes('role:master');
      }),
    failOver: () =>
      waitUntil('a sentinel begins', () =>
        askOne(
          sentinels[0]!,
          `SENTINEL FAILOVER ${master}`,
          (answer) => answer === '+OK\r\n'.repeat(firstLine === '' ? 1 : 2),
        ),
      ),
    async stop() {
      await Promise.all([...sentinels, ...nodes].map((server) => server.stop()));
    },
  };
}

/**
 * Starts one sentinel, which watches the server at a port.
 * @param authority what vouches for the server, which is then asked over TLS; so is the sentinel, at a port that it has besides
 */
export async function startSentinel(
  watched: number,
  options: RedisSentinelOptions = {},
  authority?: string,
): Promise<TestServer & Pick<RedisServer, 'tls'>> {
  const { password, sentinelPassword, patience = 1_000, keepsClients = false } = options;
  const folder = makeServerFolder('redis-sentinel');
  const port = await findFreePort();
  const tls =
    authority === undefined
      ? undefined
      : { port: await findFreePort(), certificate: makeCertificate(folder) };
  if (authority !== undefined) writeFileSync(join(folder, 'authority.pem'), authority);
  const host = tls === undefined ? '127.0.0.1' : 'localhost';
  const config = [
    // Certificates know names.
    ...(tls === undefined
      ? []
      : [
          'sentinel resolve-hostnames yes',
          'sentinel announce-hostnames yes',
          'tls-replication yes',
          `tls-port ${tls.port}`,
          'tls-cert-file certificate.pem',
          'tls-key-file key.pem',
          'tls-ca-cert-file authority.pem',
          'tls-auth-clients no',
        ]),

    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${master} ${host} ${watched} 2`,
    `sentinel down-after-milliseconds ${master} ${patience}`,
    `sentinel failover-timeout ${master} 10000`,
    // What was CLIENT KILL is refused then, and the rest is done.
    ...(keepsClients ? [`sentinel rename-command ${master} CLIENT PING`] : []),
    ...(password === undefined ? [] : [`sentinel auth-pass ${master} ${password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
  ];
  // It rewrites its file.
  writeFileSync(join(folder, 'sentinel.conf'), `${config.join('\n')}\n`);
  const login = sentinelPassword === undefined ? '' : `AUTH ${sentinelPassword}\r\n`;
  const server = await runServer({
    name: 'redis-sentinel',
    folder,
    start: () => startProcess('redis-server', ['sentinel.conf', '--sentinel'], folder),
    answers: () => says(port, `${login}PING\r\n`, (answer) => /^\+PONG/m.test(answer.toString())),
  });
  return { ...server, port, url: `redis://127.0.0.1:${port}`, tls };
}
