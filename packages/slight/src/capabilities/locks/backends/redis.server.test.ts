import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { redisMissing, startRedis } from '../../../../../../test/servers/redis.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { locksConformance } from '../conformance.ts';
import { redis } from './redis.ts';

for (const cluster of [false, true])
  suite(`locks on Redis${cluster ? ' as a cluster' : ''}`, { skip: redisMissing }, () => {
    let server: TestServer;
    before(async () => void (server = await startRedis({ cluster })));
    after(() => server.stop());

    const bind = () => server.url;
    const checks = locksConformance({
      open: (name) =>
        openCapability('locks', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
      features: redis.features,
      async restart() {
        await server.kill();
        await server.restart();
      },
    });
    for (const { name, run } of checks) test(name, run);
  });
