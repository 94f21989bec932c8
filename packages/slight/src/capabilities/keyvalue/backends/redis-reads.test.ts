import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RedisClient } from '../../../clients/redis.ts';
import { makeReads } from './redis-reads.ts';

const mebibyte = 1024 * 1024;

/** A server whose keys begin with the length of their value, and which answers whenever it is told to. */
function makeServer() {
  const commands: { readonly keys: readonly string[]; answer(): void }[] = [];
  const valueOf = (key: string) => (key.startsWith('none') ? null : Buffer.alloc(Number.parseInt(key, 10)));
  const client = {
    send(command: string, args: readonly string[]): Promise<unknown> {
      const keys = [...args];
      if (command === 'EXISTS') return Promise.resolve(0);
      const values = keys.map(valueOf);
      return new Promise((resolve) => {
        commands.push({ keys, answer: () => resolve(command === 'GET' ? values[0] : values) });
      });
    },
  };
  return { commands, reads: makeReads(client as unknown as RedisClient, 60_000) };
}

type Server = ReturnType<typeof makeServer>;

/** Reads all of these in one turn, and tells how many bytes were on their way at the most, and the most keys of a command. */
async function readAll({ commands, reads }: Server, keys: readonly string[]) {
  const reading = Promise.all(keys.map((key) => reads.get(key)));
  const most = { bytes: 0, keys: 0 };
  let answered = 0;
  while (answered < keys.length) {
    await new Promise(setImmediate);
    const underWay = commands.flatMap((command) => command.keys);
    const bytes = underWay.reduce((sum, key) => sum + (Number.parseInt(key, 10) || 0), 0);
    most.bytes = Math.max(most.bytes, bytes);
    most.keys = Math.max(most.keys, ...commands.map((command) => command.keys.length));
    const first = commands.shift();
    assert.ok(first, 'nothing is under way, and not all is answered');
    answered += first.keys.length;
    first.answer();
  }
  const values = await reading;
  assert.deepEqual(
    values.map((value) => value?.length),
    keys.map((key) => (key.startsWith('none') ? undefined : Number.parseInt(key, 10))),
  );
  return most;
}

const many = (count: number, length: number | 'none') =>
  Array.from({ length: count }, (_, i) => `${length}-${i}`);

test('where values were large, few of them are on their way at once', async () => {
  const server = makeServer();
  // Nothing is known yet.
  await readAll(server, many(32, mebibyte));
  assert.deepEqual(await readAll(server, many(40, mebibyte)), { bytes: mebibyte, keys: 1 });
  const most = await readAll(server, many(64, mebibyte / 8));
  assert.ok(most.bytes <= 2 * mebibyte, String(most.bytes));
  assert.ok(most.keys > 1, String(most.keys));
});

test('small values are asked for together at once, also after large ones', async () => {
  const server = makeServer();
  const small = { bytes: 64 * 100, keys: 32 };
  assert.deepEqual(await readAll(server, many(64, 100)), small);
  await readAll(server, many(32, mebibyte));
  await readAll(server, many(200, 100));
  assert.deepEqual(await readAll(server, many(64, 100)), small);
  await readAll(server, many(32, mebibyte));
  await readAll(server, many(200, 'none'));
  assert.deepEqual(await readAll(server, many(64, 100)), small);
});

test('what fails lets those go on that wait', async () => {
  const calls: string[] = [];
  let large = true;
  const reads = makeReads(
    {
      send(command: string, keys: string[]): Promise<unknown> {
        calls.push(keys.join());
        if (!large) return Promise.reject(new Error('away'));
        const values = keys.map(() => Buffer.alloc(mebibyte));
        return Promise.resolve(command === 'GET' ? values[0] : values);
      },
    } as unknown as RedisClient,
    60_000,
  );
  await Promise.all(Array.from({ length: 32 }, () => reads.get('k')));
  await reads.get('k');
  large = false;
  const ends = await Promise.allSettled([1, 2, 3].map((i) => reads.get(String(i))));
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(calls.slice(-3), ['1', '2', '3']);
});

test('many values at once end as soon as they are too many bytes', async () => {
  const server = makeServer();
  const reading = server.reads.getMany(many(100, mebibyte));
  const ends = assert.rejects(reading, { code: 'resource-exhausted' });
  let keys = 0;
  for (let command; (command = server.commands.shift()) !== undefined; await new Promise(setImmediate)) {
    keys += command.keys.length;
    command.answer();
  }
  await ends;
  assert.ok(keys < 40, String(keys));
});

test('many small values are one command, once it is known that they are', async () => {
  const server = makeServer();
  await readAll(server, ['100-first']);
  for (const keys of [many(100, 100), many(100, 'none')]) {
    const reading = server.reads.getMany(keys);
    assert.deepEqual(
      server.commands.map((command) => command.keys.length),
      [100],
    );
    server.commands.shift()!.answer();
    assert.equal((await reading).length, 100);
  }
  assert.deepEqual(await server.reads.getMany([]), []);
});
