import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { openRedis, readRedisPlace } from '../../src/clients/redis.ts';
import { parsePlace } from '../../src/slightfile/place.ts';

/** Milliseconds for one operation. */
export const timeout = 2_000;
/** Milliseconds until all works again, at the most. */
const patience = 30_000;

const surroundings = { dataDir: tmpdir(), timeout };

export async function openClient(t: TestContext, url: string) {
  const client = await openRedis(readRedisPlace({ ...parsePlace(url)!, config: {} }), timeout);
  t.after(() => client.release());
  return client;
}

export async function openStore(t: TestContext, bind: string) {
  const store = await openCapability('keyvalue', { name: 'orders', bind, config: {} }, surroundings);
  t.after(() => store.close());
  return store;
}

/** Opens what an app may keep on Redis, until the test is over. */
export async function openAll(t: TestContext, bind: string) {
  const config = {};
  const store = await openStore(t, bind);
  const locks = await openCapability('locks', { name: 'jobs', bind, config }, surroundings);
  t.after(() => locks.close());
  const messages = await openCapability(
    'messaging',
    { name: 'events', bind, config: { lease: '1s', attempts: 1_000 } },
    surroundings,
  );
  t.after(() => messages.close());
  await messages.subscribe('workers', ['work']);
  return { store, locks, messages };
}

/** Has a cluster's nodes tell who has which slot as it was when this was first asked: they hear of changes late. */
export function holdSlots(t: TestContext): void {
  const call = Redis.prototype.callBuffer;
  let first: unknown;
  t.mock.method(
    Redis.prototype,
    'callBuffer',
    async function (this: Redis, command: string, ...args: string[]) {
      const answer = await call.call(this, command, ...args);
      return args[0] === 'SLOTS' ? (first ??= answer) : answer;
    },
  );
}

/** Repeats what may fail for a while. */
export async function recovers<T>(work: () => Promise<T> | T): Promise<T> {
  for (const end = performance.now() + patience; ; await sleep(20)) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** Goes on with all of it, whatever fails, until it is told to end. */
export function startWork({ store, locks, messages }: Awaited<ReturnType<typeof openAll>>) {
  /** Keys of sets that were confirmed, with the time of that. */
  const written = new Map<string, number>();
  const published = new Map<string, number>();
  const received = new Set<string>();
  /** For each counter: what was confirmed, and what may have happened. */
  const counters = Array.from({ length: 16 }, () => ({ confirmed: 0, unknown: 0 }));
  const tokens: bigint[] = [];
  const failures: CapabilityError[] = [];
  let longest = 0;
  let successes = 0;
  let working = true;

  async function attempt<T>(call: () => Promise<T> | T): Promise<T | CapabilityError> {
    const begun = performance.now();
    try {
      const answer = await call();
      successes++;
      return answer;
    } catch (error) {
      assert.ok(error instanceof CapabilityError, inspect(error));
      failures.push(error);
      await sleep(10);
      return error;
    } finally {
      longest = Math.max(longest, performance.now() - begun);
    }
  }
  async function goOn(step: (i: number) => Promise<void>): Promise<void> {
    for (let i = 0; working; i++) {
      await step(i);
      await sleep(2);
    }
  }

  const loops = [
    goOn(async (i) => {
      const key = `w${i}`;
      const answer = await attempt(() => store.set(key, Buffer.from(key)));
      if (answer === undefined) written.set(key, performance.now());
    }),
    goOn(async (i) => {
      const counter = counters[i % counters.length]!;
      const answer = await attempt(() => store.increment(`c${i % counters.length}`, 1n));
      if (typeof answer === 'bigint') counter.confirmed++;
      else if (answer instanceof CapabilityError && answer.outcome === 'unknown') counter.unknown++;
    }),
    goOn(async () => {
      const grant = await attempt(() => locks.acquire('job', 1_000, 0));
      if (!grant || grant instanceof CapabilityError) return;
      tokens.push(grant.token);
      await attempt(() => locks.renew('job', grant.token, 1_000));
      await attempt(() => locks.release('job', grant.token));
    }),
    goOn(async (i) => {
      const id = await attempt(() => messages.publish('work', Buffer.from(String(i)), { id: `m${i}` }));
      if (typeof id === 'string') published.set(id, performance.now());
    }),
    goOn(async () => {
      const deliveries = await attempt(() => messages.receive('workers', { max: 10, wait: 100 }));
      if (deliveries instanceof CapabilityError || deliveries.length === 0) return;
      for (const { id } of deliveries) received.add(id);
      await attempt(() => messages.ack(deliveries.map(({ receipt }) => receipt)));
    }),
  ];

  return {
    failures,
    /** Waits until it has gone on for a while. */
    async goneOn(): Promise<void> {
      const before = successes;
      await recovers(() => assert.ok(successes > before + 100));
    },
    async finish(): Promise<void> {
      working = false;
      await Promise.all(loops);
      await recovers(async () => {
        const deliveries = await messages.receive('workers', { max: 100 });
        for (const { id } of deliveries) received.add(id);
        await messages.ack(deliveries.map(({ receipt }) => receipt));
        assert.deepEqual(await messages.count('workers'), { waiting: 0, leased: 0, dead: 0 });
      });
    },
    /**
     * @param safe time before which nothing that was confirmed may be lost
     * @returns how much was lost after it
     */
    async check(safe: number): Promise<{ sets: number; messages: number; increments: number }> {
      assert.ok(longest < 2 * timeout, `a call took ${longest} ms`);
      for (const { retryable, message } of failures)
        if (!/lease|hold|lock/.test(message)) assert.ok(retryable, message);
      // The last confirmed one may be forgotten, and the time makes its successor greater all the same.
      assert.deepEqual(
        tokens,
        tokens.toSorted((a, b) => (a < b ? -1 : 1)),
      );
      assert.equal(new Set(tokens).size, tokens.length);
      const lost = { sets: 0, messages: 0, increments: 0 };
      for (const [key, at] of written) {
        if ((await recovers(() => store.get(key))) !== undefined) continue;
        assert.ok(at >= safe, `${key} is lost`);
        lost.sets++;
      }
      for (const [id, at] of published) {
        if (received.has(id)) continue;
        assert.ok(at >= safe, `${id} is lost`);
        lost.messages++;
      }
      for (const [i, { confirmed, unknown }] of counters.entries()) {
        const count = Number(Buffer.from((await recovers(() => store.get(`c${i}`))) ?? Buffer.from('0')));
        assert.ok(count <= confirmed + unknown, `c${i}: ${count} of ${confirmed} and ${unknown}`);
        lost.increments += Math.max(0, confirmed - count);
      }
      return lost;
    },
  };
}
