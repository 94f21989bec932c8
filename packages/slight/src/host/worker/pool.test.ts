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

/** A pool whose items are used again as long as `usable` says so. */
function recycling(options: { limit: number; ready: number; calm?: number }) {
  let made = 0;
  const disposed: number[] = [];
  const answers: (boolean | Promise<boolean>)[] = [];
  const pool: Pool<number> = createPool({
    ...options,
    queue: 10,
    create: async () => ++made,
    recycle: () => answers.shift() ?? true,
    dispose: (item) => void disposed.push(item),
  });
  return { pool, disposed, made: () => made, answers };
}

test('an item that can be used again is, and the last one first', async () => {
  const { pool, made, disposed } = recycling({ limit: 4, ready: 0 });
  const [first, second] = [await pool.acquire(soon()), await pool.acquire(soon())];
  pool.release(second);
  pool.release(first);
  assert.equal(await pool.acquire(soon()), first);
  assert.equal(await pool.acquire(soon()), second);
  assert.deepEqual([made(), disposed], [2, []]);
});

test('an item that cannot be used again gives its place to another one', async () => {
  const { pool, made, disposed, answers } = recycling({ limit: 1, ready: 0 });
  for (const answer of [false, Promise.resolve(false), Promise.reject(new Error('no'))]) {
    const item = await pool.acquire(soon());
    answers.push(answer);
    pool.release(item);
    assert.equal(await pool.acquire(soon()), item + 1);
    pool.release(item + 1);
  }
  assert.equal(made(), 4);
  assert.deepEqual(disposed, [1, 2, 3]);
});

test('while an item is made ready it counts as busy, and nobody gets it', async () => {
  const { pool, answers } = recycling({ limit: 1, ready: 0 });
  const item = await pool.acquire(soon());
  const gate = Promise.withResolvers<boolean>();
  answers.push(gate.promise);
  pool.release(item);
  assert.deepEqual(pool.counts(), { ready: 0, starting: 0, busy: 1, waiting: 0 });
  let served = false;
  const next = pool.acquire(soon()).then((again) => ((served = true), again));
  await turn();
  assert.equal(served, false);
  gate.resolve(true);
  assert.equal(await next, item);
});

test('who waits gets the item that comes back, and none is made for it', async () => {
  const { pool, made } = recycling({ limit: 1, ready: 1 });
  await pool.warm();
  const item = await pool.acquire(soon());
  const next = pool.acquire(soon());
  pool.release(item);
  assert.equal(await next, item);
  assert.equal(made(), 1);
});

test('items beyond the spare ones go when nobody wanted them for a while', async () => {
  const { pool, disposed } = recycling({ limit: 8, ready: 2, calm: 20 });
  const taken = await Promise.all(Array.from({ length: 6 }, () => pool.acquire(soon())));
  for (const item of taken) pool.release(item);
  assert.equal(pool.counts().ready, 6);
  while (pool.counts().ready > 2) await new Promise((next) => setTimeout(next, 5));
  await new Promise((next) => setTimeout(next, 60));
  assert.equal(pool.counts().ready, 2, 'and no more of them');
  assert.equal(disposed.length, 4);
});

test('items that are wanted now and then stay', async () => {
  const { pool, disposed } = recycling({ limit: 8, ready: 1, calm: 1_000 });
  const take = async (): Promise<void> => {
    const taken = await Promise.all([1, 2, 3].map(() => pool.acquire(soon())));
    for (const item of taken) pool.release(item);
  };
  for (const end = performance.now() + 2_500; performance.now() < end;) {
    await take();
    await new Promise((next) => setTimeout(next, 10));
  }
  assert.deepEqual(disposed, []);
  pool.close();
  assert.equal(disposed.length, 3);
});

test('what comes back after the end is disposed of', async () => {
  const { pool, disposed } = recycling({ limit: 2, ready: 0 });
  const item = await pool.acquire(soon());
  pool.close();
  pool.release(item);
  assert.deepEqual(disposed, [item]);
});
