import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { redisMissing, startRedis, type RedisServer } from '../../../../../../test/servers/redis.ts';
import { openCapability } from '../../core/open.ts';
import { messagingConformance } from '../conformance.ts';
import { redis } from './redis.ts';

for (const cluster of [false, true])
  void suite(`messages on Redis${cluster ? ' as a cluster' : ''}`, { skip: redisMissing }, () => {
    let server: RedisServer;
    before(async () => void (server = await startRedis({ cluster })));
    after(() => server.stop());

    const checks = messagingConformance({
      open: (name, config) =>
        openCapability(
          'messaging',
          { name, bind: server.url, config },
          { dataDir: tmpdir(), timeout: 10_000 },
        ),
      features: redis.features,
      async restart() {
        await server.kill();
        await server.restart();
      },
    });
    for (const { name, run } of checks) void test(name, run);
  });
