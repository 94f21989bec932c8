import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisPlaces } from '../../../../test/servers/redis-places.ts';
import { startRedisSentinels } from '../../../../test/servers/redis-sentinel.ts';
import { redisMissing } from '../../../../test/servers/redis.ts';
import type { KeyValue } from '../../src/capabilities/keyvalue/contract.ts';
import { openStore, recovers } from './work.ts';

const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);

async function fill(store: KeyValue): Promise<void> {
  await Promise.all(keys.map((key) => store.set(key, Buffer.from('v'))));
}

/** Lists all, with something that happens once half of it was listed. */
async function listAll(store: KeyValue, between: () => Promise<void>): Promise<string[]> {
  const found = new Set<string>();
  let happened = false;
  for (let cursor: string | undefined; ;) {
    const at = cursor;
    const page = await recovers(() => store.keys({ limit: 20, ...(at !== undefined && { cursor: at }) }));
    for (const key of page.keys) found.add(key);
    if ((cursor = page.cursor) === undefined) break;
    if (happened || found.size < keys.length / 2) continue;
    happened = true;
    await between();
  }
  assert.ok(happened);
  return keys.filter((key) => !found.has(key));
}

for (const { title, missing, start } of redisPlaces)
  test(
    `what is listed while the servers are started anew is listed whole: ${title}`,
    { skip: missing },
    async (t) => {
      const place = await start();
      t.after(() => place.stop());
      const store = await openStore(t, place.url);
      await fill(store);
      assert.deepEqual(await listAll(store, () => place.restart()), []);
    },
  );

test('what is listed while another server takes over is listed whole', { skip: redisMissing }, async (t) => {
  const place = await startRedisSentinels();
  t.after(() => place.stop());
  const store = await openStore(t, place.url);
  await fill(store);
  const missed = await listAll(store, async () => {
    await place.nodes[0]!.kill();
    await place.promoted(place.nodes[1]!);
  });
  assert.deepEqual(missed, []);
});
