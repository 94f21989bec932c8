import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisCluster } from '../../../../test/servers/redis-cluster.ts';
import { startRedisSentinels } from '../../../../test/servers/redis-sentinel.ts';
import { redisMissing } from '../../../../test/servers/redis.ts';
import { hashedPart, slotOf } from '../../src/clients/redis-slot.ts';
import type { KeyValue, KeyValueWatch } from '../../src/capabilities/keyvalue/contract.ts';
import { openAll, recovers, startWork } from './work.ts';

const options = { skip: redisMissing, timeout: 120_000 };
const watchable = ['--notify-keyspace-events', 'KA'];
/** Where the messages lie, and a value. */
const slotOfMessages = slotOf('events:messages');
const slotOfKey = (key: string): number => slotOf(hashedPart(`orders:${key}`));

/** Hears what happens to a key, or that something was missed. */
async function hears(watch: KeyValueWatch, store: KeyValue, key: string): Promise<void> {
  await recovers(async () => {
    await store.set(key, Buffer.from(String(performance.now())));
    const { changes, resync } = await watch.next(1_000);
    assert.ok(resync || changes.some((change) => change.key === key), JSON.stringify(changes));
  });
}

/** A resync may come first; then each change is told. */
async function hearsAgain(watch: KeyValueWatch, store: KeyValue, key: string): Promise<void> {
  await recovers(async () => {
    await store.set(key, Buffer.from(String(performance.now())));
    const { changes } = await watch.next(1_000);
    assert.ok(changes.some((change) => change.key === key));
  });
}

test(
  'a node of a cluster is killed, or says nothing: its replica takes over, and work goes on',
  options,
  async (t) => {
    const cluster = await startRedisCluster({ settings: watchable });
    t.after(() => cluster.stop());
    const all = await openAll(t, cluster.url);
    const work = startWork(all);
    await work.goneOn();
    const watch = await all.store.watch({ key: 'watched' });
    await hearsAgain(watch, all.store, 'watched');
    const safe = performance.now();
    // Long enough for the replica to have heard of what was confirmed until then.
    await sleep(500);
    for (const [slot, trouble] of [
      [slotOfMessages, 'killed'],
      [slotOfKey('watched'), 'silent'],
    ] as const) {
      const owner = await cluster.ownerOf(slot);
      if (trouble === 'killed') await owner.kill();
      else owner.pause();
      await recovers(async () => assert.notEqual(await cluster.ownerOf(slot), owner));
      await work.goneOn();
      await hears(watch, all.store, 'watched');
      await hearsAgain(watch, all.store, 'watched');
      await recovers(() => all.store.ping());
      owner.resume();
      await owner.restart();
      await recovers(async () => assert.ok(await cluster.settled()));
      await work.goneOn();
    }
    await work.finish();
    const lost = await work.check(safe);
    t.diagnostic(`${work.failures.length} failures, lost of what was confirmed: ${JSON.stringify(lost)}`);
  },
);

test('two nodes change places: nothing is lost, and nothing is done twice', options, async (t) => {
  const cluster = await startRedisCluster({ settings: watchable });
  t.after(() => cluster.stop());
  const all = await openAll(t, cluster.url);
  const work = startWork(all);
  const watch = await all.store.watch({ key: 'watched' });
  for (const slot of [slotOfMessages, slotOfKey('watched')]) {
    await work.goneOn();
    const owner = await cluster.ownerOf(slot);
    for (const node of cluster.nodes)
      if ((await node.ask('INFO replication')).includes(`master_port:${owner.port}\r`))
        await node.ask('CLUSTER FAILOVER');
    await recovers(async () => assert.notEqual(await cluster.ownerOf(slot), owner));
    await hearsAgain(watch, all.store, 'watched');
  }
  await work.finish();
  assert.deepEqual(await work.check(Infinity), { sets: 0, messages: 0, increments: 0 });
  t.diagnostic(`${work.failures.length} failures`);
});

test('who listens at a node that is killed listens at another', options, async (t) => {
  const cluster = await startRedisCluster();
  t.after(() => cluster.stop());
  const { messages } = await openAll(t, cluster.url);
  const listener = await messages.listen(['news']);
  const listened = await Promise.all(
    cluster.nodes.map(async (node) => (await node.ask('PUBSUB NUMPAT')).startsWith(':1')),
  );
  assert.equal(listened.filter(Boolean).length, 1);
  await cluster.nodes[listened.indexOf(true)]!.kill();
  await recovers(async () => {
    await messages.broadcast('news', Buffer.from('?'));
    assert.ok((await listener.next(10, 1_000)).length > 0);
  });
  while ((await listener.next(10, 200)).length > 0);
  await recovers(() => messages.broadcast('news', Buffer.from('once')));
  const heard = [...(await listener.next(10, 5_000)), ...(await listener.next(10, 200))];
  assert.deepEqual(
    heard.map(({ body }) => Buffer.from(body).toString()),
    ['once'],
  );
});

test('what has some of its keys at each of two nodes waits until all are at one', options, async (t) => {
  const cluster = await startRedisCluster();
  t.after(() => cluster.stop());
  const { store } = await openAll(t, cluster.url);
  await store.increment('k', 1n);
  const slot = slotOfKey('k');
  const owner = await cluster.ownerOf(slot);
  const other = cluster.nodes.slice(0, 3).find((node) => node !== owner)!;
  const added: (Promise<bigint> | bigint)[] = [];
  await cluster.moveSlot(slot, other, async () => {
    // Between its value and its version.
    added.push(store.increment('k', 1n));
    await sleep(200);
  });
  // Who came later may have looked earlier.
  assert.deepEqual(new Set(await Promise.all(added)), new Set([2n, 3n]));
});

test('what is on its way to a node that was listed already is listed', options, async (t) => {
  const cluster = await startRedisCluster();
  t.after(() => cluster.stop());
  const { store } = await openAll(t, cluster.url);
  const slot = slotOfKey('{t}');
  const [first, , last] = cluster.nodes.slice(0, 3).toSorted((a, b) => (a.url < b.url ? -1 : 1));
  await cluster.moveSlot(slot, last!);
  const keys = Array.from({ length: 20 }, (_, i) => `{t}${i}`);
  for (const key of keys) await store.set(key, Buffer.from(key));
  const found = new Set<string>();
  let cursor: string | undefined;
  async function listPage(limit: number): Promise<void> {
    const page = await store.keys({ prefix: '{t}', limit, ...(cursor !== undefined && { cursor }) });
    for (const key of page.keys) found.add(key);
    cursor = page.cursor;
  }
  await listPage(1);
  assert.ok(found.size < 10 && cursor !== undefined);
  let moved = 0;
  await cluster.moveSlot(slot, first!, async () => {
    if (++moved !== 30) return;
    do await listPage(100);
    while (cursor !== undefined);
  });
  assert.deepEqual(found, new Set(keys));
});

test('slots move while they are worked on: nothing is lost, nothing is done twice', options, async (t) => {
  const cluster = await startRedisCluster({ settings: watchable });
  t.after(() => cluster.stop());
  const all = await openAll(t, cluster.url);
  const work = startWork(all);
  const watch = await all.store.watch({ key: 'watched' });
  const kept = Array.from({ length: 200 }, (_, i) => `kept${i}`);
  for (const key of kept) await all.store.set(key, Buffer.from(key));
  await work.goneOn();
  let moving = true;
  const listings = (async () => {
    let count = 0;
    for (; moving; count++) {
      const found = new Set<string>();
      for (let cursor: string | undefined; ;) {
        const at = cursor;
        const page = await recovers(() =>
          all.store.keys({ prefix: 'kept', limit: 20, ...(at !== undefined && { cursor: at }) }),
        );
        for (const key of page.keys) found.add(key);
        if ((cursor = page.cursor) === undefined) break;
      }
      assert.deepEqual(
        kept.filter((key) => !found.has(key)),
        [],
        'not listed',
      );
    }
    return count;
  })();
  const slots = [slotOfMessages, slotOfKey('watched'), slotOfKey('c0'), slotOfKey('w1'), slotOfKey('kept0')];
  for (let round = 0; round < 3; round++) {
    for (const slot of slots) {
      const owner = await cluster.ownerOf(slot);
      const others = cluster.nodes.slice(0, 3).filter((node) => node !== owner);
      await cluster.moveSlot(slot, others[round % 2]!);
    }
    await work.goneOn();
    await hears(watch, all.store, 'watched');
  }
  moving = false;
  t.diagnostic(`${await listings} listings`);
  await work.finish();
  assert.deepEqual(await work.check(Infinity), { sets: 0, messages: 0, increments: 0 });
  t.diagnostic(`${work.failures.length} failures`);
  // Whoever was refused has not run. On a busy machine a slot may be on its way for longer than a call has.
  for (const { code, outcome, message } of work.failures)
    if (code !== 'timeout') assert.equal(outcome, 'none', message);
});

test('sentinels put a replica in place of a killed server, and work goes on', options, async (t) => {
  const place = await startRedisSentinels({ settings: watchable });
  t.after(() => place.stop());
  const all = await openAll(t, place.url);
  const work = startWork(all);
  await work.goneOn();
  const watch = await all.store.watch({ key: 'watched' });
  await hearsAgain(watch, all.store, 'watched');
  const safe = performance.now();
  await sleep(500);
  const [first, second] = place.nodes;
  await first!.kill();
  await place.promoted(second!);
  await work.goneOn();
  await hears(watch, all.store, 'watched');
  await hearsAgain(watch, all.store, 'watched');
  // One of the sentinels is no more than one of them.
  await place.sentinels[0]!.kill();
  await first!.restart();
  await work.goneOn();
  await work.finish();
  const lost = await work.check(safe);
  t.diagnostic(`${work.failures.length} failures, lost of what was confirmed: ${JSON.stringify(lost)}`);
});
