import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../../../test/servers/server.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import type { KeyValue } from '../../src/capabilities/keyvalue/contract.ts';
import { concurrency } from './processes.ts';
import { backends, serve } from './servers.ts';

const older = { fence: { lock: 'job', token: '1' } };
const newer = { fence: { lock: 'job', token: '2' } };
const value = (text: string) => Buffer.from(text);

/** What a holder was about to write when it was passed. */
const writes: { readonly [name: string]: (store: KeyValue, key: string) => Promise<unknown> | unknown } = {
  set: (store, key) => store.set(key, value('9'), older),
  'compare-and-swap': (store, key) => store.compareAndSwap(key, undefined, value('9'), older),
  increment: (store, key) => store.increment(key, 9n, older),
};

/** What the next one does, and what is there then. */
const passings: {
  readonly [name: string]: readonly [
    act: (store: KeyValue, key: string) => Promise<void>,
    end: string | undefined,
  ];
} = {
  'sets it': [async (store, key) => await store.set(key, value('1'), newer), '1'],
  'deletes what is not there': [async (store, key) => await store.delete(key, newer), undefined],
  'sets and deletes it': [
    async (store, key) => {
      await store.set(key, value('1'), newer);
      await store.delete(key, newer);
    },
    undefined,
  ],
};

/** A write with an older token is on its way for long, and a newer one comes at each moment of it. */
async function pass(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  const { link, closing, direct, through } = await serve(t, start);
  const open = (bind: string) =>
    openCapability('keyvalue', { name: 'faults', bind, config: {} }, { dataDir: tmpdir(), timeout: 10_000 });
  const far = await open(through);
  closing.push(() => far.close());
  const near = await open(direct);
  closing.push(() => near.close());
  const late = 100;
  link.delay(late);

  async function one(write: string, passing: string, after: number): Promise<void> {
    const key = `${write} ${passing} ${after}`;
    const written = Promise.resolve(writes[write]!(far, key)).catch((error: unknown) => {
      assert.ok(error instanceof CapabilityError && error.code === 'precondition-failed', String(error));
    });
    await sleep(after);
    const [act, end] = passings[passing]!;
    await act(near, key);
    await written;
    const found = await near.get(key);
    assert.equal(found && Buffer.from(found).toString(), end, key);
  }
  const all: Promise<void>[] = [];
  for (const write of Object.keys(writes))
    for (const passing of Object.keys(passings))
      for (let after = late / 2; after < 12 * late; after += late) all.push(one(write, passing, after));
  await Promise.all(all);
}

void suite('fences against writes that are on their way', { concurrency }, () => {
  for (const [name, skip, start] of backends) void test(name, { skip }, (t) => pass(t, start));
});
