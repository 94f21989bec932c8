import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../core/check.ts';
import type { Delivery, Listener, Messaging } from './contract.ts';
import { portableMessaging } from './portable.ts';

void test('what comes after the deadline of its receive is given back', async () => {
  const released: string[] = [];
  const slow: Partial<Messaging> = {
    async receive() {
      await sleep(60);
      return [
        { receipt: 'first', attempt: 1 },
        { receipt: 'second', attempt: 9 },
      ] as Delivery[];
    },
    release: (receipts) => void released.push(...receipts),
  };
  const messages = await portableMessaging(slow as Messaging, {
    where: 'here',
    features: new Set(['groups']),
    config: { attempts: 5, backoff: 1 },
    timeout: 20,
    backendsWith: () => [],
  });
  await assert.rejects(async () => messages.receive('group'), { code: 'timeout', outcome: 'none' });
  await eventually('they are released', async () => released.length > 0);
  assert.deepEqual(released, ['first', 'second']);
});

void test('a listener that comes when nobody waits for it any more is closed', async () => {
  const closed: string[] = [];
  let answer = (): void => undefined;
  const listener: Listener = { next: () => [], close: () => void closed.push('listener') };
  const slow: Partial<Messaging> = {
    listen: () => new Promise<Listener>((resolve) => (answer = () => resolve(listener))),
  };
  const messages = await portableMessaging(slow as Messaging, {
    where: 'here',
    features: new Set(['broadcast']),
    config: { attempts: 5, backoff: 1 },
    timeout: 20,
    backendsWith: () => [],
  });
  await assert.rejects(async () => messages.listen(['topic']), { code: 'timeout' });
  assert.deepEqual(closed, []);
  answer();
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(closed, ['listener']);
});
