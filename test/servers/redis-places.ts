import { waitUntil } from './process.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisSentinels } from './redis-sentinel.ts';
import { redisMissing, startRedis, type RedisServer } from './redis.ts';

/** One of the forms in which Redis is run. It tells of changes of keys. */
export interface RunningRedis {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Ends all that takes writes without warning, and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The forms in which Redis is run, for suites that every one of them must pass. */
export const redisPlaces: readonly {
  readonly title: string;
  readonly missing: string | false;
  start(): Promise<RunningRedis>;
}[] = [
  { title: 'Redis', missing: redisMissing, start: startOne },
  {
    title: 'a Redis cluster',
    missing: redisMissing,
    start: () => startRedisCluster({ settings: watchable }),
  },
  { title: 'Redis behind sentinels', missing: redisMissing, start: startSentinels },
];

const watchable = ['--notify-keyspace-events', 'KA'];

async function startOne(): Promise<RunningRedis> {
  const server = await startRedis({ settings: watchable });
  return {
    url: server.url,
    nodes: [server],
    async restart() {
      await server.kill();
      await server.restart();
    },
    stop: () => server.stop(),
  };
}

/** They are patient: the server that is killed comes back before anybody takes its place. */
async function startSentinels(): Promise<RunningRedis> {
  const { url, nodes, stop } = await startRedisSentinels({ patience: 20_000, settings: watchable });
  const [first, second] = nodes;
  return {
    url,
    nodes,
    async restart() {
      await first!.kill();
      await first!.restart();
      await waitUntil('the replica follows again', async () =>
        (await second!.ask('INFO replication')).includes('master_link_status:up'),
      );
    },
    stop,
  };
}
