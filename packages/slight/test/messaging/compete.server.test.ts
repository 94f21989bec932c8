import { test } from 'node:test';
import { mosquittoMissing, startMosquitto } from '../../../../test/servers/mosquitto.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import { compete, count, options, type Competition } from './compete.ts';

/** Mosquitto writes all that it has with each change. */
const brokers: readonly (readonly [
  name: string,
  skip: string | false,
  start: () => Promise<TestServer>,
  how: Competition,
])[] = [
  ['Redis', redisMissing, startRedis, {}],
  ['NATS', natsMissing, startNats, { ordered: false }],
  ['MQTT', mosquittoMissing, startMosquitto, { ordered: false, backlog: 1_000 }],
];

for (const [name, skip, start, how] of brokers)
  void test(
    `${count} messages on ${name}, through two processes that compete: none is lost, none doubled${how.ordered !== false ? ', keys in order' : ''}`,
    { ...options, skip },
    async (t) => {
      const server = await start();
      t.after(() => server.stop());
      await compete(t, server.url, how);
    },
  );
