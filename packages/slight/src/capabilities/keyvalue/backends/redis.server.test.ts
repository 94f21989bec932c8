import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { redisPlaces, type RunningRedis } from '../../../../../../test/servers/redis-places.ts';
import { openCapability } from '../../core/open.ts';
import { keyValueConformance } from '../conformance.ts';
import { redis } from './redis.ts';

for (const { title, missing, start } of redisPlaces)
  suite(`key-value on ${title}`, { skip: missing }, () => {
    let place: RunningRedis;
    before(async () => void (place = await start()));
    after(() => place.stop());
    const checks = keyValueConformance({
      open: (name) =>
        openCapability(
          'keyvalue',
          { name, bind: place.url, config: {} },
          { dataDir: tmpdir(), timeout: 10_000 },
        ),
      features: redis.features,
      restart: () => place.restart(),
    });
    for (const { name, run } of checks) test(name, run);

    test('nothing but what keys remember of tokens is left on the servers afterwards', async () => {
      const answers = await Promise.all(place.nodes.map((node) => node.ask('KEYS *')));
      const left = answers.flatMap((answer) =>
        answer.split('\r\n').filter((line) => line.includes('check-')),
      );
      assert.ok(left.length > 0);
      assert.deepEqual(
        left.filter((key) => !key.includes(':fences')),
        [],
      );
    });
  });
