import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchRedis } from '../bench/redis/redis.ts';
import { clangMissing } from './guests/clang.ts';
import { redisMissing } from './servers/redis.ts';

test(
  'redis compares guests of both kinds with the client alone',
  { skip: redisMissing || clangMissing },
  async () => {
    const rows = await benchRedis(() => undefined, { pace: { rounds: 1, slice: 20 } });
    const names = ['get', 'publish', 'acquire and release'].flatMap((operation) =>
      ['guest, 1', 'guests, 64'].flatMap((flight) =>
        ['C', 'QuickJS'].map((guest) => `${operation}, ${guest} ${flight} in flight`),
      ),
    );
    assert.deepEqual(
      rows.map(({ name }) => name),
      names,
    );
    for (const { name, ratio } of rows) assert.ok(Number.isFinite(ratio) && ratio > 0, name);
  },
);
