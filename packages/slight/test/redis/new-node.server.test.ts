import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startRedisCluster } from '../../../../test/servers/redis-cluster.ts';
import { redisMissing } from '../../../../test/servers/redis.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import type { KeyValue } from '../../src/capabilities/keyvalue/contract.ts';
import { slotOf } from '../../src/clients/redis-slot.ts';
import { holdSlots, openClient, openStore, recovers } from './work.ts';

const options = { skip: redisMissing, timeout: 60_000 };
const keys = Array.from({ length: 30 }, (_, i) => `{t}${i}`);
const slot = slotOf('t');

/** A cluster that a node without slots has joined. */
async function start(t: TestContext) {
  const cluster = await startRedisCluster({ settings: ['--notify-keyspace-events', 'KA'] });
  t.after(() => cluster.stop());
  return { cluster, added: await cluster.addNode() };
}

async function listAll(store: KeyValue): Promise<Set<string>> {
  const found = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const page = await store.keys({ prefix: '{t}', limit: 7, ...(cursor !== undefined && { cursor }) });
    for (const key of page.keys) found.add(key);
    if ((cursor = page.cursor) === undefined) return found;
  }
}

test('what is on its way to a node that has no slot yet is listed', options, async (t) => {
  const { cluster, added } = await start(t);
  const store = await openStore(t, cluster.url);
  for (const key of keys) await store.set(key, Buffer.from(key));
  let listings = 0;
  await cluster.moveSlot(slot, added, async () => {
    if (++listings % 10 === 0) assert.deepEqual(await listAll(store), new Set(keys));
  });
  assert.ok(listings >= 60);
  assert.deepEqual(await listAll(store), new Set(keys));
});

test(
  'a node that has its first slot is listed also while who was asked has not heard of it',
  options,
  async (t) => {
    const { cluster, added } = await start(t);
    holdSlots(t);
    const store = await openStore(t, cluster.url);
    for (const key of keys) await store.set(key, Buffer.from(key));
    await cluster.moveSlot(slot, added);
    assert.deepEqual(await listAll(store), new Set(keys));
  },
);

test(
  'a node that has no slot yet keeps its connection while others look who has what',
  options,
  async (t) => {
    const { cluster, added } = await start(t);
    const client = await openClient(t, cluster.url);
    await client.send('SET', ['{t}', 'v']);
    const id = /[0-9a-f]{40}/.exec(await added.ask('CLUSTER MYID'))![0];
    const connections = new Set<unknown>();
    let count = 0;
    await cluster.moveSlot(slot, added, async () => {
      for (let i = 0; i < 20; i++) {
        const [sum, nodes] = await Promise.all([client.send('INCR', ['{t}count']), client.nodes()]);
        assert.equal(sum, ++count);
        for (const node of nodes)
          if (String(await node.send('CLUSTER', ['MYID'])) === id)
            connections.add(await node.send('CLIENT', ['ID']));
      }
    });
    assert.equal(await client.send('INCR', ['{t}count']), 21);
    assert.equal(connections.size, 1);
  },
);

test(
  'what has no key yet in a slot that is on its way is unavailable, until it has gone over',
  options,
  async (t) => {
    const { cluster, added } = await start(t);
    const store = await openStore(t, cluster.url);
    await store.set('{t}old', Buffer.from('v'));
    let failed: unknown;
    await cluster.moveSlot(slot, added, async () => {
      failed ??= await Promise.resolve(store.increment('{t}new', 1n)).catch((error: unknown) => error);
    });
    assert.ok(failed instanceof CapabilityError);
    assert.deepEqual(
      [failed.code, failed.outcome, failed.retryable],
      ['unavailable', 'none', true],
      failed.message,
    );
    assert.equal(await store.increment('{t}new', 1n), 1n);
  },
);

test('what is changed at a node that has no slot yet is told once it has it', options, async (t) => {
  const { cluster, added } = await start(t);
  const store = await openStore(t, cluster.url);
  await store.set('{t}', Buffer.from('v'));
  const watch = await store.watch({ key: '{t}' });
  await store.set('{t}', Buffer.from('heard'));
  await recovers(async () => assert.ok((await watch.next(1_000)).changes.length > 0));
  let moved = 0;
  await cluster.moveSlot(slot, added, async () => {
    // Its value and its version.
    if (++moved < 2) return;
    // That they have left is told.
    while ((await watch.next(100)).changes.length > 0);
    await store.set('{t}', Buffer.from('there'));
    assert.deepEqual(await watch.next(100), { changes: [], resync: false });
  });
  assert.ok(moved >= 2);
  const told = await watch.next(20_000);
  assert.ok(told.resync || told.changes.length > 0);
  assert.equal(String(await store.get('{t}')), 'there');
  await store.set('{t}', Buffer.from('after'));
  await recovers(async () => assert.ok((await watch.next(1_000)).changes.length > 0));
});
