import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuestThread } from '../core/thread.ts';
import type { GuestThread, Platform } from '../core/thread.ts';
import { hostThread } from '../platform/host-thread.ts';
import { measureWear } from './wear.ts';

const tebibyte = 2 ** 40;

function threadWith(addresses: Platform['addresses']): GuestThread {
  const platform = {
    now: () => 0,
    cpu: () => 0,
    turn: async () => undefined,
    startWatchdog: () => undefined,
  };
  return createGuestThread(addresses === undefined ? platform : { ...platform, addresses });
}

test('a process that used up half of its addresses is worn, beside what its instances need', () => {
  let used = 63 * tebibyte;
  const thread = threadWith(() => ({ used, all: 128 * tebibyte }));
  assert.equal(measureWear(thread, 32).worn, undefined);
  used = 65 * tebibyte;
  assert.match(measureWear(thread, 32).worn!, /^it uses 65\.0 TiB of addresses, of 128\.0$/);
  assert.equal(measureWear(thread, 1_000).worn, undefined);
  assert.equal(measureWear(thread, 32).addresses.measured, true);
});

test('many instances do not make a process that cannot be worn', () => {
  const thread = threadWith(() => ({ used: 97 * tebibyte, all: 128 * tebibyte }));
  assert.notEqual(measureWear(thread, 1_000_000).worn, undefined);
});

test('where the size is not known, overlapping calls are counted', () => {
  const thread = threadWith(undefined);
  thread.overlapping = 1_000_000;
  assert.equal(measureWear(thread, 32).worn, undefined);
  thread.overlapping = 70_000_000;
  assert.equal(measureWear(thread, 32).worn, 'it has served 70000000 overlapping calls');
});

test(
  'the size of this process is known on Linux, and far from the limit',
  { skip: process.platform !== 'linux' && 'Linux tells it' },
  () => {
    const { addresses, worn } = measureWear(hostThread(), 32);
    assert.equal(addresses.measured, true);
    assert.ok(addresses.used > 2 ** 26 && addresses.used < addresses.all);
    assert.equal(worn, undefined);
  },
);
