import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisMissing, startRedis, type RedisServer } from '../../../../../../test/servers/redis.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Config } from '../../core/capability.ts';
import { openCapability } from '../../core/open.ts';
import type { Messaging } from '../contract.ts';

/** Milliseconds. */
const timeout = 2_000;
const patience = 20_000;
const lease = 5_000;

async function serve(t: TestContext): Promise<RedisServer> {
  const server = await startRedis();
  t.after(() => server.stop());
  return server;
}

async function open(t: TestContext, bind: string, config: Config = {}, name = 'events'): Promise<Messaging> {
  const messages = await openCapability(
    'messaging',
    { name, bind, config: { lease: `${lease}ms`, attempts: 1_000, ...config } },
    { dataDir: tmpdir(), timeout },
  );
  t.after(() => messages.close());
  return messages;
}

async function failure(call: unknown): Promise<CapabilityError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

/** Repeats what may fail for a while. */
async function recovers<T>(work: () => Promise<T> | T): Promise<T> {
  for (const end = performance.now() + patience; ;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}

void suite('messages on Redis in trouble', { skip: redisMissing, timeout: 60_000 }, () => {
  void test('a wait ends in time where bells are lost, or cannot be had', async (t) => {
    const server = await serve(t);
    await server.ask('ACL SETUSER mute on >secret +@all ~* resetchannels');
    const mute = await open(t, server.url.replace('//', '//mute:secret@'));
    const loud = await open(t, server.url);
    await mute.subscribe('workers', ['work']);
    for (const publisher of [mute, loud]) {
      const waiting = mute.receive('workers', { wait: patience });
      await sleep(50);
      await publisher.publish('work', Buffer.from('here'));
      const begun = performance.now();
      const [delivery] = await waiting;
      assert.ok(delivery !== undefined);
      assert.ok(performance.now() - begun < patience / 2, 'it was seen at the end of the wait only');
      await mute.ack([delivery.receipt]);
    }
    const waiting = loud.receive('workers', { wait: patience });
    await sleep(50);
    await server.ask('CLIENT KILL TYPE pubsub');
    await loud.publish('work', Buffer.from('after the loss'));
    assert.equal((await waiting).length, 1);
    const refused = await failure(mute.broadcast('work', Buffer.from('')));
    assert.deepEqual([refused.code, refused.outcome], ['permission-denied', 'none']);
  });

  void test('a full server takes nothing more, and what it has can be worked on', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, { order: 'key' });
    await messages.subscribe('workers', ['work']);
    for (const text of ['1', '2', '3', '4']) await messages.publish('work', Buffer.from(text), { key: 'k' });
    await server.ask('CONFIG SET maxmemory 1');
    const error = await failure(messages.publish('work', Buffer.from('5')));
    assert.deepEqual([error.code, error.outcome], ['resource-exhausted', 'none']);
    const next = async () => (await messages.receive('workers', { wait: patience }))[0]!;
    const first = await next();
    await messages.extend([first.receipt]);
    await messages.nack(first.receipt, { delay: 0 });
    await messages.release([(await next()).receipt]);
    await messages.ack([(await next()).receipt]);
    await messages.dead((await next()).receipt, 'no use');
    await messages.ack([(await next()).receipt]);
    assert.deepEqual(await messages.count('workers'), { waiting: 1, leased: 0, dead: 1 });
    assert.equal(await messages.purge('workers'), 1);
  });

  void test('a message is kept as long as a group has it, and nothing is left of what is done', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, { order: 'key' });
    const kept = async () => Number(/:(\d+)/.exec(await server.ask('HLEN {events:messages}:bodies'))![1]);
    for (const group of ['one', 'two', 'three']) await messages.subscribe(group, ['work']);
    for (const text of ['a', 'b', 'c']) await messages.publish('work', Buffer.from(text), { key: 'k' });
    const next = async (group: string) => (await messages.receive(group, { wait: patience }))[0]!;
    for (let i = 0; i < 3; i++) await messages.ack([(await next('one')).receipt]);
    // Each with the number of groups that it is kept for.
    assert.equal(await kept(), 6);
    await messages.dead((await next('two')).receipt, 'no use');
    await messages.unsubscribe('three');
    for (let i = 0; i < 2; i++) await messages.ack([(await next('two')).receipt]);
    assert.equal(await kept(), 2, 'the dead one');
    assert.equal(await messages.redrive('two'), 1);
    await messages.ack([(await next('two')).receipt]);
    assert.equal(await kept(), 0);
    await messages.publish('work', Buffer.from('d'), { key: 'k' });
    for (const group of ['one', 'two']) await messages.unsubscribe(group);
    assert.match(await server.ask('DBSIZE'), /^:0\r/m);
  });

  void test('a large group that is removed goes in pieces, also when that was interrupted', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url);
    for (const group of ['one', 'two']) await messages.subscribe(group, ['work']);
    const publish = async () => {
      for (let i = 0; i < 50; i++) await messages.publish('work', Buffer.from(String(i)));
    };
    await Promise.all(Array.from({ length: 50 }, publish));
    const removed = messages.unsubscribe('one');
    await recovers(async () => assert.equal((await messages.groups()).length, 1));
    await messages.subscribe('one', ['work']);
    assert.deepEqual(await messages.receive('one'), [], 'it begins anew');
    await removed;
    const kept = async () => Number(/:(\d+)/.exec(await server.ask('HLEN {events:messages}:bodies'))![1]);
    assert.equal(await kept(), 5_000, 'a message and its number each');
    assert.equal((await messages.count('two')).waiting, 2_500);

    const script = "redis.call('RENAME',KEYS[1],KEYS[2]) redis.call('HSET',KEYS[3],':rubbish:x',1)";
    const keys = ['due:two', 'rubbish:due:x', 'meta'].map((key) => `{events:messages}:${key}`).join(' ');
    await server.ask(`EVAL "${script}" 3 ${keys}`);
    const later = await open(t, server.url);
    await recovers(async () => assert.equal(await kept(), 0));
    for (const { name } of await later.groups()) await later.unsubscribe(name);
    await recovers(async () => assert.match(await server.ask('DBSIZE'), /^:0\r/m));
  });

  void test('what lies there is brought into the order that the slightfile has now', async (t) => {
    const server = await serve(t);
    const order = { order: 'key' };
    const texts = (deliveries: readonly { body: Uint8Array }[]) =>
      deliveries.map(({ body }) => Buffer.from(body).toString());
    const plain = await open(t, server.url);
    await plain.subscribe('workers', ['work']);
    for (const text of ['a1', 'b1', 'a2', 'b2', 'a3'])
      await plain.publish('work', Buffer.from(text), { key: text[0]! });
    const [out] = await plain.receive('workers', { wait: patience });
    assert.deepEqual(texts([out!]), ['a1']);

    const ordered = await open(t, server.url, order);
    assert.deepEqual(texts(await ordered.receive('workers', { max: 10 })), ['b1']);
    await ordered.ack([out!.receipt]);
    const [second] = await ordered.receive('workers', { max: 10 });
    assert.deepEqual(texts([second!]), ['a2']);
    assert.deepEqual(await ordered.count('workers'), { waiting: 2, leased: 2, dead: 0 });

    const again = await open(t, server.url);
    assert.deepEqual(texts(await again.receive('workers', { max: 10 })).toSorted(), ['a3', 'b2']);
  });
});
