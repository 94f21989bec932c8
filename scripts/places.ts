import { etcdMissing, startEtcd } from '../test/servers/etcd.ts';
import { mosquittoMissing, startMosquitto } from '../test/servers/mosquitto.ts';
import { natsMissing, startNats } from '../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../test/servers/postgres.ts';
import { redisMissing, startRedis } from '../test/servers/redis.ts';
import type { TestServer } from '../test/servers/server.ts';

interface Place {
  readonly missing: string | false;
  start(): Promise<TestServer>;
  /** What a slightfile calls it. */
  bindOf?(url: string): string;
}

const servers: { readonly [scheme: string]: Place } = {
  redis: { missing: redisMissing, start: startRedis },
  nats: { missing: natsMissing, start: startNats },
  etcd: { missing: etcdMissing, start: startEtcd, bindOf: (url) => url.replace('http:', 'etcd:') },
  postgres: { missing: postgresMissing, start: startPostgres },
  mqtt: { missing: mosquittoMissing, start: startMosquitto },
};
/** What slight brings itself. */
const embedded = new Set(['memory', 'sqlite', 'filesystem', 'keyvalue']);

/** Where backends can be had here, each server started when it is first wanted. */
export interface Places {
  /** Why a backend cannot be had, or false. */
  missing(scheme: string): string | false;
  bind(scheme: string): Promise<string>;
  /** Ends all that were started. */
  stop(): Promise<void>;
}

export function openPlaces(): Places {
  const started = new Map<string, Promise<TestServer>>();
  return {
    missing(scheme) {
      if (embedded.has(scheme)) return false;
      return servers[scheme]?.missing ?? 'this script knows no place for it';
    },
    async bind(scheme) {
      const place = servers[scheme];
      if (place === undefined) return scheme;
      if (!started.has(scheme)) started.set(scheme, place.start());
      const { url } = await started.get(scheme)!;
      return place.bindOf?.(url) ?? url;
    },
    async stop() {
      const running = await Promise.allSettled(started.values());
      await Promise.all(running.map((each) => each.status === 'fulfilled' && each.value.stop()));
    },
  };
}
