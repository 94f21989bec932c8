import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool, PoolBusyError } from './pool.ts';
import type { Pool } from './pool.ts';

const soon = () => performance.now() + 10_000;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function numbers(options: { limit: number; queue: number; ready: number }) {
  let made = 0;
  const disposed: number[] = [];
  const pool: Pool<number> = createPool({
    ...options,
    create: async () => ++made,
    dispose: (item) => void disposed.push(item),
  });
  return { pool, disposed, made: () => made };
}

test('hands every item out once', async () => {
  const { pool, disposed } = numbers({ limit: 2, queue: 0, ready: 0 });
  const first = await pool.acquire(soon());
  pool.release(first);
  const second = await pool.acquire(soon());
  assert.notEqual(first, second);
  assert.deepEqual(disposed, [first]);
});

test('makes spares in advance, never more than the limit in all', async () => {
  const { pool, made } = numbers({ limit: 3, queue: 5, ready: 2 });
  await pool.warm();
  await turn();
  await turn();
  assert.deepEqual(pool.counts(), { ready: 2, starting: 0, busy: 0, waiting: 0 });
  const taken = await Promise.all([pool.acquire(soon()), pool.acquire(soon()), pool.acquire(soon())]);
  await turn();
  assert.deepEqual(pool.counts(), { ready: 0, starting: 0, busy: 3, waiting: 0 });
  assert.equal(made(), 3);
  for (const item of taken) pool.release(item);
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual(pool.counts(), { ready: 2, starting: 0, busy: 0, waiting: 0 });
});

test('serves those who wait in the order in which they came, and refuses when the queue is full', async () => {
  const { pool } = numbers({ limit: 1, queue: 2, ready: 0 });
  const holder = await pool.acquire(soon());
  const order: string[] = [];
  const one = pool.acquire(soon()).then((item) => (order.push('one'), item));
  const two = pool.acquire(soon()).then((item) => (order.push('two'), item));
  await assert.rejects(pool.acquire(soon()), PoolBusyError);
  assert.equal(pool.counts().waiting, 2);
  pool.release(holder);
  pool.release(await one);
  pool.release(await two);
  assert.deepEqual(order, ['one', 'two']);
  assert.deepEqual(pool.counts(), { ready: 0, starting: 0, busy: 0, waiting: 0 });
});

test('whoever waits too long, or leaves, is taken out of the queue', async () => {
  const { pool } = numbers({ limit: 1, queue: 2, ready: 0 });
  const holder = await pool.acquire(soon());
  await assert.rejects(pool.acquire(performance.now() + 5), PoolBusyError);
  const leaving = new AbortController();
  const left = pool.acquire(soon(), leaving.signal);
  leaving.abort(new Error('gone'));
  await assert.rejects(left, /gone/);
  await assert.rejects(pool.acquire(soon(), leaving.signal), /gone/);
  assert.equal(pool.counts().waiting, 0);
  pool.release(holder);
  pool.release(await pool.acquire(soon()));
});

test('a failing start reaches the one who waited for it and blocks nobody else', async () => {
  let made = 0;
  const pool = createPool<number>({
    limit: 1,
    queue: 1,
    ready: 0,
    create: async () => {
      if (++made === 1) throw new Error('no memory');
      return made;
    },
    dispose: () => undefined,
  });
  const first = pool.acquire(soon());
  const second = pool.acquire(soon());
  await assert.rejects(first, /no memory/);
  assert.equal(await second, 2);
});

test('a spare that cannot be made is reported, not retried for ever', async () => {
  let made = 0;
  const failures: unknown[] = [];
  const pool = createPool<number>({
    limit: 4,
    queue: 1,
    ready: 2,
    create: async () => {
      if (++made > 1) throw new Error('no memory');
      return made;
    },
    dispose: () => undefined,
    onSpareFailed: (error) => void failures.push(error),
  });
  pool.release(await pool.acquire(soon()));
  for (let turns = 0; turns < 10; turns++) await turn();
  assert.equal(failures.length, 1);
  assert.equal(made, 2);
});

test('closing disposes of what is ready and refuses those who wait', async () => {
  const { pool, disposed } = numbers({ limit: 1, queue: 3, ready: 1 });
  await pool.warm();
  const holder = await pool.acquire(soon());
  const waiting = pool.acquire(soon());
  pool.close();
  await assert.rejects(waiting, PoolBusyError);
  await assert.rejects(pool.acquire(soon()), PoolBusyError);
  pool.release(holder);
  await turn();
  assert.deepEqual(disposed, [holder]);
  assert.equal(pool.counts().ready, 0);
});
