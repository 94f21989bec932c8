import { test } from 'node:test';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import { compete, count, options } from './compete.ts';

void test(
  `${count} messages on Redis, through two processes that compete: none is lost, none doubled, keys in order`,
  { ...options, skip: redisMissing },
  async (t) => {
    const server = await startRedis();
    t.after(() => server.stop());
    await compete(t, server.url);
  },
);
