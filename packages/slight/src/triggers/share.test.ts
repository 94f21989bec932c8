import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShare } from './share.ts';

const never = new AbortController().signal;
const settle = () => new Promise(setImmediate);

test('no more have room than there is, and those who wait get it in order', async () => {
  const share = createShare(2);
  const order: string[] = [];
  const first = await share.take(never);
  await share.take(never);
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    const release = await share.take(never);
    order.push(name);
    return release;
  });
  await settle();
  assert.deepEqual(order, []);
  first!();
  first!();
  await settle();
  assert.deepEqual(order, ['a'], 'what is given back twice counts once');
  (await waiting[0])!();
  await settle();
  assert.deepEqual(order, ['a', 'b']);
});

test('who gives up is passed over', async () => {
  const share = createShare(1);
  const release = (await share.take(never))!;
  const stop = new AbortController();
  const gone = share.take(stop.signal);
  const next = share.take(never);
  stop.abort();
  assert.equal(await gone, undefined);
  assert.equal(await share.take(stop.signal), undefined);
  release();
  assert.ok(await next);
});

test('room is told of when nobody else wants it', async () => {
  const share = createShare(1);
  await share.room(never);
  const release = (await share.take(never))!;
  let heard = false;
  void share.room(never).then(() => (heard = true));
  const next = share.take(never);
  release();
  await settle();
  assert.equal(heard, false, 'it went to the one who waited for it');
  (await next)!();
  await settle();
  assert.equal(heard, true);
  const stop = new AbortController();
  await share.take(never);
  const ended = share.room(stop.signal);
  stop.abort();
  await ended;
});
