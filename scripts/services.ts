/**
 * Starts the servers that backends speak to, on free ports of this machine alone, with data in temporary folders, and prints
 * what to bind: `npm run services` for all that are installed, `npm run services -- redis nats` for some,
 * among them `redis-cluster`, `redis-sentinels` and `nats-cluster`. Ctrl-C ends them.
 */
import { etcdMissing, startEtcd } from '../test/servers/etcd.ts';
import { mosquittoMissing, startMosquitto } from '../test/servers/mosquitto.ts';
import { startNatsCluster } from '../test/servers/nats-cluster.ts';
import { natsMissing, startNats } from '../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../test/servers/postgres.ts';
import { startRedisCluster } from '../test/servers/redis-cluster.ts';
import { startRedisSentinels } from '../test/servers/redis-sentinel.ts';
import { redisMissing, startRedis } from '../test/servers/redis.ts';
import type { TestServer } from '../test/servers/server.ts';

interface Service {
  readonly missing: string | false;
  readonly start: () => Promise<Pick<TestServer, 'url' | 'stop'>>;
  /** Started only where it is named: it is several servers. */
  readonly large?: true;
  /** What a slightfile calls it, where that is not its own URL. */
  readonly bind?: (url: string) => string;
}

const services: { readonly [name: string]: Service } = {
  redis: { missing: redisMissing, start: startRedis },
  'redis-cluster': { missing: redisMissing, start: startRedisCluster, large: true },
  'redis-sentinels': { missing: redisMissing, start: startRedisSentinels, large: true },
  nats: { missing: natsMissing, start: startNats },
  'nats-cluster': { missing: natsMissing, start: startNatsCluster, large: true },
  mqtt: { missing: mosquittoMissing, start: startMosquitto },
  etcd: { missing: etcdMissing, start: startEtcd, bind: (url) => url.replace('http:', 'etcd:') },
  postgres: { missing: postgresMissing, start: startPostgres },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => services[name] === undefined);
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${Object.keys(services).join(', ')}`);
  process.exit(2);
}

const running: Pick<TestServer, 'stop'>[] = [];
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(running.map((server) => server.stop()));
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());

const usual = Object.keys(services).filter((name) => !services[name]!.large);
const names = wanted.length > 0 ? wanted : usual;
const width = Math.max(...names.map((name) => name.length));
for (const name of names) {
  const { missing, start, bind = (url) => url } = services[name]!;
  if (missing !== false) {
    console.error(`${name.padEnd(width)}  ${missing}`);
    continue;
  }
  const server = await start();
  running.push(server);
  console.log(`${name.padEnd(width)}  ${bind(server.url)}`);
}
if (running.length === 0) process.exit(1);
console.error('Ctrl-C ends them, and removes what they keep.');
// A test lets nothing wait for its servers; here somebody waits for them.
setInterval(() => undefined, 2 ** 30);
