import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from './contract.ts';
import { makeEar, type Ear } from './ear.ts';

const message = (id: number, body: Message['body'] = new Uint8Array(1)): Message => ({
  id: String(id),
  topic: 't',
  headers: [],
  body,
});

function hear(ear: Ear, count: number, body?: Message['body']): void {
  for (let id = 0; id < count; id++) ear.hear('t', () => message(id, body));
}

test('of broadcasts that nobody asks for the newest 10,000 are kept', async () => {
  const ear = makeEar(['>']);
  const listener = ear.listener(() => undefined);
  hear(ear, 10_007);
  const kept = await listener.next(20_000, 0);
  assert.deepEqual([kept.length, kept[0]!.id, kept.at(-1)!.id], [10_000, '7', '10006']);
});

test('and of large ones 64 MiB, but the last one in any case', async () => {
  const ear = makeEar(['>']);
  const listener = ear.listener(() => undefined);
  hear(ear, 100, new Uint8Array(1024 * 1024));
  const kept = await listener.next(20_000, 0);
  assert.deepEqual([kept.length, kept[0]!.id, kept.at(-1)!.id], [64, '36', '99']);
  // What was taken counts no more.
  hear(ear, 64, new Uint8Array(1024 * 1024));
  assert.equal((await listener.next(20_000, 0)).length, 64);
  hear(ear, 2, new Uint8Array(65 * 1024 * 1024));
  assert.deepEqual(
    (await listener.next(9, 0)).map(({ id }) => id),
    ['1'],
  );
});

test('what is of another topic is not even read', async () => {
  const ear = makeEar(['a.*']);
  ear.hear('b.c', () => assert.fail('it was read'));
  assert.deepEqual(await ear.listener(() => undefined).next(1, 0), []);
});

test('it is closed once, wakes all who wait, and keeps nothing any more', async () => {
  let closed = 0;
  const ear = makeEar(['>']);
  const listener = ear.listener(() => closed++);
  const waiting = [listener.next(1, 60_000), listener.next(1, 60_000)];
  listener.close();
  listener.close();
  assert.deepEqual(await Promise.all(waiting), [[], []]);
  hear(ear, 1);
  assert.deepEqual([closed, await listener.next(1, 0)], [1, []]);
});
