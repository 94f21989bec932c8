import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../../capabilities/core/error.ts';
import { openCapability } from '../../capabilities/core/open.ts';
import { namedOpener } from '../../host/openers.ts';
import { keyvalueInterface } from './keyvalue.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function memoryInterface(): Promise<{ call(name: string, ...args: unknown[]): any; store: unknown }> {
  const bind = { name: 'orders', bind: 'memory', config: {} };
  const store = await openCapability('keyvalue', bind, {
    dataDir: `/nowhere/${Math.random()}`,
    timeout: 1000,
  });
  const served = keyvalueInterface(
    namedOpener('keyvalue', new Map([['orders', store]]), '/app/slightfile.toml'),
  );
  const call = (name: string, ...args: unknown[]) =>
    (served[name] as (...args: unknown[]) => unknown)(...args);
  const opened = call('[static]store.open', 'orders') as { tag: string; val: unknown };
  assert.equal(opened.tag, 'ok');
  return { call, store: opened.val };
}

test('a store in this process answers at once, never with a promise', async () => {
  const { call, store } = await memoryInterface();
  assert.deepEqual(call('[method]store.set', store, 'k', bytes('v'), undefined), { tag: 'ok' });
  assert.deepEqual(call('[method]store.get', store, 'k'), { tag: 'ok', val: bytes('v') });
  assert.deepEqual(call('[method]store.get', store, 'missing'), { tag: 'ok', val: undefined });
  assert.deepEqual(call('[method]store.exists', store, 'k'), { tag: 'ok', val: true });
  assert.deepEqual(call('[method]store.increment', store, 'n', 2n ** 60n), {
    tag: 'ok',
    val: String(2n ** 60n),
  });
  assert.deepEqual(call('[method]store.keys', store, 'k', undefined, undefined), {
    tag: 'ok',
    val: { keys: ['k'], cursor: undefined },
  });
  assert.deepEqual(call('[method]store.delete', store, 'k'), { tag: 'ok' });
});

test('compare-and-swap answers with the variant of WIT', async () => {
  const { call, store } = await memoryInterface();
  const swap = (expected: string | undefined, value: string) =>
    call('[method]store.compare-and-swap', store, 'k', expected, bytes(value), undefined);
  const first = swap(undefined, 'one');
  assert.equal(first.val.tag, 'swapped');
  const stale = swap('other', 'two');
  assert.deepEqual(stale.val, { tag: 'stale', val: { value: bytes('one'), version: first.val.val } });
  assert.equal(call('[method]store.delete', store, 'k').tag, 'ok');
  assert.deepEqual(swap(first.val.val, 'two').val, { tag: 'stale', val: undefined });
});

test('options reach the store, and its errors the guest', async () => {
  const { call, store } = await memoryInterface();
  const once = { ttlMs: undefined, onlyIfAbsent: true };
  assert.equal(call('[method]store.set', store, 'k', bytes('v'), once).tag, 'ok');
  const { tag, val } = call('[method]store.set', store, 'k', bytes('v'), once);
  assert.deepEqual([tag, val.code, val.retryable, val.outcome], ['err', 'already-exists', false, 'none']);
  const empty = call('[method]store.get', store, '');
  assert.equal(empty.val.code, 'invalid-argument');
  const never = { ttlMs: 0n, onlyIfAbsent: false };
  assert.equal(call('[method]store.set', store, 'k', bytes('v'), never).val.code, 'invalid-argument');
});

test('a watch is told in records, and dropping it ends it', async () => {
  const { call, store } = await memoryInterface();
  const { val: watch } = call('[method]store.watch', store, { tag: 'prefix', val: 'a' });
  call('[method]store.set', store, 'a1', bytes('1'), undefined);
  call('[method]store.set', store, 'a2', bytes('2'), undefined);
  call('[method]store.delete', store, 'a2', undefined);
  const { version } = call('[method]store.get-versioned', store, 'a1').val;
  assert.deepEqual(call('[method]watch.next', watch, 0n), {
    tag: 'ok',
    val: {
      changes: [
        { key: 'a1', kind: 'set', version },
        { key: 'a2', kind: 'delete', version: undefined },
      ],
      resync: false,
    },
  });
  call('[drop]watch', watch);
  assert.equal(call('[method]watch.next', watch, 0n).val.code, 'cancelled');
});

test('many keys are told in lists', async () => {
  const { call, store } = await memoryInterface();
  const entries = [
    ['a', bytes('1')],
    ['b', bytes('2')],
  ];
  assert.deepEqual(call('[method]store.set-many', store, entries, undefined), { tag: 'ok' });
  assert.deepEqual(call('[method]store.delete-many', store, ['a']), { tag: 'ok' });
  assert.deepEqual(call('[method]store.get-many', store, ['a', 'b']), {
    tag: 'ok',
    val: [undefined, bytes('2')],
  });
  assert.equal(call('[method]store.set-many', store, entries, 0n).val.code, 'invalid-argument');
});

test('a fence reaches the store with each write', async () => {
  const { call, store } = await memoryInterface();
  const fence = (token: string) => ({ lock: 'l', token });
  const options = { ttlMs: undefined, onlyIfAbsent: false, fence: fence('2') };
  assert.equal(call('[method]store.set', store, 'k', bytes('1'), options).tag, 'ok');
  const old = fence('1');
  for (const { tag, val } of [
    call('[method]store.set', store, 'k', bytes('2'), { ...options, fence: old }),
    call('[method]store.delete', store, 'k', old),
    call('[method]store.increment', store, 'k', 1n, old),
    call('[method]store.compare-and-swap', store, 'k', undefined, bytes('2'), { ttlMs: 1n, fence: old }),
  ])
    assert.deepEqual([tag, val.code], ['err', 'precondition-failed']);
  assert.equal(call('[method]store.increment', store, 'k', 1n, fence('3')).val, '2');
});

test('a name that nobody granted is refused, with the line to add', async () => {
  const { call } = await memoryInterface();
  const { tag, val } = call('[static]store.open', 'carts.eu');
  assert.deepEqual([tag, val.code], ['err', 'permission-denied']);
  assert.match(val.message, /\/app\/slightfile\.toml: "carts\.eu" = "sqlite"$/);
});

test('a promise stays one, and a defect of the host is no error for the guest', async () => {
  const failing = {
    open: async () => {
      throw new CapabilityError('unavailable', 'gone');
    },
  };
  const pending = (keyvalueInterface(failing)['[static]store.open'] as (name: string) => unknown)('a');
  assert.ok(pending instanceof Promise);
  assert.deepEqual(await pending, {
    tag: 'err',
    val: { code: 'unavailable', message: 'gone', retryable: true, outcome: 'none' },
  });
  const broken = keyvalueInterface({
    open() {
      throw new TypeError('a defect');
    },
  });
  assert.throws(() => (broken['[static]store.open'] as (name: string) => unknown)('a'), TypeError);
});
