import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchKeyvalue } from '../bench/keyvalue/keyvalue.ts';
import { clangMissing } from './guests/clang.ts';
import { redisMissing } from './servers/redis.ts';

test(
  'keyvalue compares guests of both kinds with the client alone',
  { skip: redisMissing || clangMissing },
  async () => {
    const rows = await benchKeyvalue(() => undefined, { rounds: 1, slice: 20 });
    assert.deepEqual(
      rows.map(({ name, against }) => [name, against]),
      [
        ['get, C guest, 1 in flight', 'ioredis alone'],
        ['get, QuickJS guest, 1 in flight', 'ioredis alone'],
        ['get, C guests, 64 in flight', 'ioredis alone'],
        ['get, QuickJS guests, 64 in flight', 'ioredis alone'],
      ],
    );
    for (const { name, ratio } of rows) assert.ok(Number.isFinite(ratio) && ratio > 0, name);
  },
);
