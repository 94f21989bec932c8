import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { natsMissing, startNats } from '../../../../../../test/servers/nats.ts';
import { startProxy, type Proxy } from '../../../../../../test/servers/proxy.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openNats } from '../../../clients/nats.ts';
import { CapabilityError } from '../../core/error.ts';
import { openCapability } from '../../core/open.ts';
import type { Delivery, Messaging } from '../contract.ts';

/** Milliseconds. */
const patience = 20_000;

async function serve(
  t: TestContext,
): Promise<TestServer & { readonly link: Proxy; readonly linked: string }> {
  const server = await startNats();
  const link = await startProxy(server.port);
  t.after(async () => {
    await link.close();
    await server.stop();
  });
  return { ...server, link, linked: server.url.replace(`:${server.port}`, `:${link.port}`) };
}

async function open(t: TestContext, bind: string, lease: number, timeout = patience): Promise<Messaging> {
  const config = { lease: `${lease}ms` };
  const messages = await openCapability(
    'messaging',
    { name: 'events', bind, config },
    { dataDir: tmpdir(), timeout, resilience: { retries: 0, breaker: 0, pending: 1_000 } },
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

void suite('messages on NATS in trouble', { skip: natsMissing, timeout: 60_000 }, () => {
  void test('what is under way when the link is cut fails then, not at its deadline', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.linked, patience);
    await messages.subscribe('workers', ['work']);
    await messages.publish('work', Buffer.from('1'));
    const [held] = await messages.receive('workers', { wait: patience });
    server.link.delay(500);
    const failures = [
      failure(messages.publish('work', Buffer.from('2'))),
      failure(messages.ack([held!.receipt])),
      failure(messages.receive('workers')),
    ];
    await sleep(100);
    await server.link.cut();
    assert.deepEqual(
      (await Promise.all(failures)).map(({ code, outcome }) => [code, outcome]),
      [
        ['unavailable', 'unknown'],
        ['unavailable', 'unknown'],
        ['unavailable', 'none'],
      ],
    );
  });

  void test('a receipt ends before the message is given to another, however slow the link', async (t) => {
    const server = await serve(t);
    const lease = 2_000;
    const slow = await open(t, server.linked, lease);
    const quick = await open(t, server.url, lease);
    await slow.subscribe('workers', ['work']);
    await slow.publish('work', Buffer.from('1'));
    server.link.delay(400);
    const [first] = await slow.receive('workers', { wait: patience });
    const [second] = await quick.receive('workers', { wait: patience });
    assert.deepEqual([first?.attempt, second?.attempt], [1, 2]);
    const late = await failure(slow.ack([first!.receipt]));
    assert.equal(late.code, 'precondition-failed');
    await quick.ack([second!.receipt]);
  });

  void test('a lease that was extended counts from before that was asked', async (t) => {
    const server = await serve(t);
    const lease = 2_000;
    const slow = await open(t, server.linked, lease);
    const quick = await open(t, server.url, lease);
    await slow.subscribe('workers', ['work']);
    await slow.publish('work', Buffer.from('1'));
    const [first] = await slow.receive('workers', { wait: patience });
    server.link.delay(400);
    await slow.extend([first!.receipt]);
    const [second] = await quick.receive('workers', { wait: patience });
    assert.equal(second?.attempt, 2);
    assert.equal((await failure(slow.ack([first!.receipt]))).code, 'precondition-failed');
  });

  void test('a message reaches its dead letter, also where its lease ends meanwhile', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.linked, 600);
    await messages.subscribe('workers', ['work']);
    await messages.publish('work', Buffer.from('1'));
    const [held] = await messages.receive('workers', { wait: patience });
    server.link.delay(400);
    await messages.dead(held!.receipt, 'no use');
    server.link.delay(0);
    assert.deepEqual(await messages.count('workers'), { waiting: 0, leased: 0, dead: 1 });
  });

  void test('a group that has not begun yet keeps what another is done with, when the server is killed', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, patience);
    for (const group of ['late', 'workers']) await messages.subscribe(group, ['work']);
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      ids.push(await messages.publish('work', Buffer.from('')));
      const [delivery] = await messages.receive('workers', { wait: patience });
      await messages.ack([delivery!.receipt]);
    }
    // Acks are written a moment later.
    await sleep(300);
    await server.kill();
    await server.restart();
    const later = await open(t, server.url, patience);
    const found: string[] = [];
    while (found.length < ids.length) {
      const some = await later.receive('late', { max: 10, wait: 3_000 });
      assert.ok(some.length > 0, `${found.length} of ${ids.length} came`);
      found.push(...some.map(({ id }) => id));
    }
    assert.deepEqual(found, ids);
  });

  void test('what was acked just before the server was killed does not come to this process again', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, 1_000, 2_000);
    for (const group of ['workers', 'others']) await messages.subscribe(group, ['work']);
    const texts = Array.from({ length: 20 }, (_, i) => String(i));
    for (const text of texts) await messages.publish('work', Buffer.from(text));
    const held: Delivery[] = [];
    while (held.length < texts.length)
      held.push(...(await messages.receive('workers', { max: 20, wait: patience })));
    await messages.ack(held.map(({ receipt }) => receipt));
    await server.kill();
    await server.restart();
    const came: string[] = [];
    const others: string[] = [];
    // Long enough for leases that the server may still remember.
    for (const end = performance.now() + 2_500; performance.now() < end || new Set(others).size < 20;) {
      for (const [group, found] of Object.entries({ workers: came, others }))
        for (const { body } of await Promise.try(() => messages.receive(group, { max: 50 })).catch(() => []))
          found.push(Buffer.from(body).toString());
      await sleep(50);
    }
    assert.deepEqual(came, []);
    // The server was asked to forget them once more: another process hears nothing of them, either.
    assert.deepEqual(await messages.count('workers'), { waiting: 0, leased: 0, dead: 0 });
  });

  void test('a stream and a group for which nobody answers are away: that is no lack of JetStream, and not nothing', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, patience, 2_000);
    for (const group of ['workers', 'others']) await messages.subscribe(group, ['work']);
    const { jetstream, manager, release } = await openNats({
      url: new URL(server.url),
      config: {},
      dataDir: tmpdir(),
      timeout: patience,
    });
    t.after(release);
    const consumers = await manager.consumers.list('slight-events').next();
    for (const { name } of consumers)
      if (name.startsWith('workers')) await manager.consumers.delete('slight-events', name);
    // Servers before 2.10 say nothing.
    assert.match((await failure(messages.receive('workers'))).code, /^(unavailable|timeout)$/);
    assert.deepEqual(await messages.receive('others'), []);
    // As another process does it.
    await jetstream.publish('slight.events.group.workers', '');
    assert.equal((await failure(messages.receive('workers'))).code, 'not-found');
    await manager.streams.delete('slight-events');
    const { code, outcome } = await failure(messages.publish('work', Buffer.from('1')));
    assert.deepEqual([code, outcome], ['unavailable', 'none']);
  });

  void test('a request whose time is over before it is stored is a timeout, and nothing else fails', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.linked, patience);
    await messages.subscribe('workers', ['work']);
    server.link.delay(100);
    const { code, outcome } = await failure(messages.request('work', Buffer.from('1'), { wait: 50 }));
    assert.deepEqual([code, outcome], ['timeout', 'unknown']);
  });

  void test('a server that is silent has not said that there is nothing', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url, patience, 6_000);
    await messages.subscribe('workers', ['work']);
    server.pause();
    // It may be in the middle of something.
    await sleep(100);
    assert.equal((await failure(messages.receive('workers'))).code, 'timeout');
  });
});
