import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { memory } from './backends/memory.ts';
import type { KeyValue, KeyValueFeature, KeyValueWatch } from './contract.ts';
import { portableKeyValue } from './portable.ts';

function wrap(broken: Partial<KeyValue>, features = memory.features): KeyValue {
  const context = {
    name: 'x',
    url: new URL('memory:'),
    bind: 'memory',
    config: {},
    dataDir: 'portable test',
    timeout: 1_000,
  };
  return portableKeyValue(
    { ...(memory.open(context) as KeyValue), ...broken },
    {
      where: 'keyvalue "orders" (memory)',
      features,
      timeout: 1_000,
      backendsWith: (feature) => (feature === 'increment' ? ['redis', 'sqlite'] : []),
    },
  );
}

const one = Buffer.from('1');

void test('an error that is no CapabilityError becomes internal, now or later', async () => {
  const cause = new TypeError('x is not a function');
  const now = wrap({
    get() {
      throw cause;
    },
  });
  const expected = {
    code: 'internal',
    retryable: false,
    cause,
    message: /^keyvalue "orders" \(memory\): get: .*x is not/,
  };
  assert.throws(() => now.get('k'), expected);
  await assert.rejects(async () => wrap({ get: () => Promise.reject(cause) }).get('k'), expected);
});

void test('an error keeps its fields and says where it happened', () => {
  const details = { retryable: true, outcome: 'unknown', detail: { limit: 1 }, cause: 'why' } as const;
  const store = wrap({
    set() {
      throw new CapabilityError('resource-exhausted', 'the disk is full', details);
    },
  });
  assert.throws(() => store.set('k', one), {
    ...details,
    code: 'resource-exhausted',
    message: 'keyvalue "orders" (memory): set: the disk is full',
  });
});

void test('a read has no outcome that could be unknown', async () => {
  const broken = () => Promise.reject(new CapabilityError('unavailable', 'broken', { outcome: 'unknown' }));
  const store = wrap({ get: broken, set: broken });
  await assert.rejects(async () => store.get('k'), { code: 'unavailable', outcome: 'none' });
  await assert.rejects(async () => store.set('k', one), { code: 'unavailable', outcome: 'unknown' });
});

void test('what is unsupported names the backends that can', () => {
  const store = wrap({}, new Set<KeyValueFeature>());
  assert.throws(() => store.increment('k', 1n), {
    code: 'unsupported',
    message: /this backend has no `increment`\. Backends that can: redis, sqlite$/,
  });
  assert.throws(() => store.keys(), { code: 'unsupported', message: /has no `list`$/ });
});

void test('a backend that answers late is given up; a write is not repeated', async () => {
  let writes = 0;
  const context = { where: 'w', features: memory.features, timeout: 20, backendsWith: () => [] };
  const silent = { ...wrap({}), set: () => (writes++, new Promise<void>(() => undefined)) };
  await assert.rejects(async () => portableKeyValue(silent, context).set('k', one), {
    code: 'timeout',
    outcome: 'unknown',
  });
  assert.equal(writes, 1);
});

void test('a watch that comes when nobody waits for it any more is closed', async () => {
  const closed: string[] = [];
  let answer = (): void => undefined;
  const watch: KeyValueWatch = {
    next: () => assert.fail('nobody asks'),
    close: () => void closed.push('watch'),
  };
  const slow: Partial<KeyValue> = {
    watch: () => new Promise<KeyValueWatch>((resolve) => (answer = () => resolve(watch))),
  };
  await assert.rejects(async () => wrap(slow).watch({ key: 'k' }), { code: 'timeout' });
  assert.deepEqual(closed, []);
  answer();
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(closed, ['watch']);
});

void test('reads and sets that certainly did not happen are repeated, increments never', async () => {
  let calls = 0;
  const away = (): Promise<never> => {
    calls++;
    return Promise.reject(new CapabilityError('unavailable', 'away'));
  };
  const store = wrap({
    get: away,
    set: away,
    compareAndSwap: away,
    increment: away,
    exists: away,
    keys: away,
  });
  for (const [call, expected] of [
    [() => store.get('k'), 4],
    [() => store.exists('k'), 4],
    [() => store.keys(), 4],
    [() => store.set('k', one), 4],
    [() => store.compareAndSwap('k', '1', one), 4],
    [() => store.increment('k', 1n), 1],
  ] as const) {
    calls = 0;
    await assert.rejects(async () => call(), { code: 'unavailable' });
    assert.equal(calls, expected, String(call));
  }
});

void test('a page as long as a guest may ask for stays within bounds', () => {
  const limits: unknown[] = [];
  const store = wrap({
    keys(options) {
      limits.push(options?.limit);
      return { keys: [] };
    },
  });
  for (const limit of [undefined, 0, 1, 4_294_967_295, Number.NaN])
    void store.keys(limit === undefined ? {} : { limit });
  assert.deepEqual(limits, [1_000, 1, 1, 10_000, 1]);
});
