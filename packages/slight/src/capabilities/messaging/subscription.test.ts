import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCapability } from '../core/open.ts';
import { openSubscription } from './subscription.ts';

let names = 0;

async function open(t: TestContext, config: { readonly [key: string]: string | number } = {}) {
  const messages = await openCapability(
    'messaging',
    { name: `events ${names++}`, bind: 'memory', config },
    { dataDir: 'subscriptions', timeout: 5_000 },
  );
  t.after(() => messages.close());
  await messages.subscribe('group', ['>']);
  const publish = (text: string) => messages.publish('topic', Buffer.from(text));
  return { messages, publish };
}

void test('leases are extended until each message is answered', async (t) => {
  const { messages, publish } = await open(t, { lease: '300ms' });
  const subscription = openSubscription(messages, 'group');
  await publish('slow');
  await publish('quick');
  const [slow, quick] = await subscription.receive({ max: 2 });
  await subscription.ack([quick!.receipt]);
  await sleep(900);
  assert.deepEqual(await messages.receive('group'), [], 'nobody else gets it');
  await subscription.ack([slow!.receipt]);
  assert.deepEqual(await messages.count('group'), { waiting: 0, leased: 0, dead: 0 });
});

void test('what was not answered has failed when it is closed, or counts for nothing', async (t) => {
  for (const [how, attempt] of [
    ['failed', 2],
    ['untouched', 1],
  ] as const) {
    const { messages, publish } = await open(t, { backoff: '1ms' });
    await publish('left');
    const subscription = openSubscription(messages, 'group');
    await subscription.receive();
    await subscription.close(how);
    const [again] = await messages.receive('group', { wait: 5_000 });
    assert.equal(again?.attempt, attempt, how);
  }
});

void test('to close it ends a wait, and what comes too late is given back', async (t) => {
  const { messages, publish } = await open(t);
  const subscription = openSubscription(messages, 'group');
  const waiting = subscription.receive({ wait: 60_000 });
  const closed = subscription.close('failed');
  assert.deepEqual(await waiting, []);
  await closed;
  await publish('late');
  assert.deepEqual(await subscription.receive(), []);
  const [again] = await messages.receive('group', { wait: 5_000 });
  assert.equal(again?.attempt, 1);
});
