import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json, openStore, router } from '@spiderlightning/guest';
import type { ChangeHandler, CommandHandler, MessageHandler, ScheduleHandler } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

const orders = openStore('orders');

const onMessage: MessageHandler = async (message) => {
  const { id, what } = message.json<{ id: string; what?: string }>();
  if (what === 'throw') throw new Error('no');
  if (what === 'dead') return message.dead('no order');
  if (what === 'later') return message.nack(500.7);
  if (what === 'before') return message.nack(-5);
  if (what === 'ask') return message.reply({ by: message.header('From'), key: message.key });
  await orders.set(id, `${message.topic} ${message.attempt} ${message.subscription}`);
};
const onSchedule: ScheduleHandler = async ({ name, time }) => {
  if (name === 'broken') throw new RangeError('never again');
  await orders.set(name, time.toISOString());
};
const onChange: ChangeHandler = async ({ name, store, keys, resync }) =>
  orders.setJson('changed', { name, store, keys, resync });
const command: CommandHandler = async ([first]) => {
  console.log('got', first);
  if (first === 'throw') throw new Error('as it was told');
  return first === undefined ? undefined : 3;
};
const worker = { onMessage, onSchedule, onChange, command };

test('a message gets the verdict of the handler', async () => {
  const { deliver, store, logs } = testApp(worker);
  const message = { json: { id: '7' }, topic: 'orders.new', attempt: 2, subscription: 'mails' };
  assert.deepEqual(await deliver(message), { verdict: 'ack' });
  assert.equal(await store('orders').getText('7'), 'orders.new 2 mails');
  assert.deepEqual(await deliver({ json: { what: 'dead' } }), { verdict: 'dead', reason: 'no order' });
  assert.deepEqual(await deliver({ json: { what: 'later' } }), { verdict: 'nack', delayMs: 500 });
  assert.deepEqual(await deliver({ body: '{"what":"throw"}' }), { verdict: 'nack', delayMs: undefined });
  assert.match(logs[0]!.message, /onMessage failed: Error: no/);
  assert.deepEqual(await deliver({ json: { what: 'before' } }), { verdict: 'nack', delayMs: undefined });
  assert.match(logs[1]!.message, /RangeError: a delay has 0 to 4294967295 milliseconds, not -5/);
  const asked = await deliver({
    json: { what: 'ask' },
    headers: { from: 'Ada' },
    key: 'k',
    wantsReply: true,
  });
  assert.ok(asked.verdict === 'reply');
  assert.deepEqual(JSON.parse(new TextDecoder().decode(asked.body)), { by: 'Ada', key: 'k' });
});

test('times and changes reach their handlers, and what these throw reaches the test', async () => {
  const { tick, change, store } = testApp(worker);
  await tick('nightly', new Date(0));
  assert.equal(await store('orders').getText('nightly'), '1970-01-01T00:00:00.000Z');
  await assert.rejects(tick('broken'), /RangeError: never again/);
  await change('prices', ['a', 'b'], { store: 'shop' });
  assert.deepEqual(await store('orders').getJson('changed'), {
    name: 'prices',
    store: 'shop',
    keys: ['a', 'b'],
    resync: false,
  });
});

test('a command gives its exit code', async () => {
  const { run, logs } = testApp(worker);
  assert.equal(await run('x'), 3);
  assert.equal(await run(), 0);
  await assert.rejects(run('throw'), /as it was told/);
  assert.equal(logs[0]!.message, 'got x');
});

test('a module may answer requests too; what it does not export is said', async () => {
  const whole = { ...worker, default: router().get('/', async () => json('hello')) };
  assert.equal((await testApp(whole).request('/')).json(), 'hello');
  assert.deepEqual(await testApp(whole).deliver({ json: { id: '1' } }), { verdict: 'ack' });
  await assert.rejects(testApp(worker).request('/'), /answers no requests/);
  await assert.rejects(
    testApp(whole.default).deliver({}),
    /exports no onMessage; give testApp the whole module/,
  );
  assert.throws(() => testApp({}), /an empty object, which answers no request/);
});
