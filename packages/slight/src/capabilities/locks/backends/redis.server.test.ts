import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { redisPlaces, type RunningRedis } from '../../../../../../test/servers/redis-places.ts';
import { openCapability } from '../../core/open.ts';
import { locksConformance } from '../conformance.ts';
import { redis } from './redis.ts';

for (const { title, missing, start } of redisPlaces)
  suite(`locks on ${title}`, { skip: missing }, () => {
    let place: RunningRedis;
    before(async () => void (place = await start()));
    after(() => place.stop());

    const checks = locksConformance({
      open: (name) =>
        openCapability(
          'locks',
          { name, bind: place.url, config: {} },
          { dataDir: tmpdir(), timeout: 10_000 },
        ),
      features: redis.features,
      restart: () => place.restart(),
    });
    for (const { name, run } of checks) test(name, run);
  });
