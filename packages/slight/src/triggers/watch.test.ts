import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { ChangeEvent } from './event.ts';
import { followWatch } from './watch.ts';
import type { ChangeSource } from './watch.ts';

async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise(setImmediate);
}

/** Changes that the test makes, and an app whose calls it ends. */
async function start() {
  const sources: { give(keys: string[], resync?: boolean): void; fail(): void; closed: boolean }[] = [];
  const calls: { event: ChangeEvent; signal: AbortSignal; end(): void; fail(): void }[] = [];
  const said: string[] = [];
  const following = followWatch({
    watch: { name: 'prices', store: 'shop', prefix: '', key: undefined, position: { line: 1, column: 1 } },
    open() {
      let wait: PromiseWithResolvers<{ changes: { key: string }[]; resync: boolean }> | undefined;
      const made = {
        give: (keys: string[], resync = false) =>
          wait!.resolve({ changes: keys.map((key) => ({ key })), resync }),
        fail: () => wait!.reject(new Error('nobody answers')),
        closed: false,
      };
      sources.push(made);
      const source: ChangeSource = {
        next: () => (wait = Promise.withResolvers()).promise,
        close() {
          made.closed = true;
          wait?.resolve({ changes: [], resync: false });
        },
      };
      return source;
    },
    run: (event, signal) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error('the app failed'));
        calls.push({ event, signal, end: resolve, fail });
        signal.addEventListener('abort', fail);
      }),
    say: (_level, message) => void said.push(message),
  });
  await settle();
  return { sources, calls, said, following };
}

const shown = ({ event }: { event: ChangeEvent }) => [event.keys.join(' '), event.resync];

test('the app is told to look at everything first, then of what changes, one event at a time', async () => {
  const { sources, calls, following } = await start();
  assert.deepEqual(calls.map(shown), [['', true]]);
  assert.equal(sources.length, 1, 'the watch was there before');
  calls[0]!.end();
  await settle();
  sources[0]!.give(['a', 'b', 'a']);
  await settle();
  assert.deepEqual(calls.slice(1).map(shown), [['a b', false]]);
  calls[1]!.end();
  await settle();
  sources[0]!.give([], true);
  await settle();
  assert.deepEqual(calls.slice(2).map(shown), [['', true]]);
  calls[2]!.end();
  await following.close(0);
  assert.equal(sources[0]!.closed, true);
});

test('what failed comes again, later each time', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sources, calls, following } = await start();
  calls[0]!.end();
  await settle();
  sources[0]!.give(['a']);
  await settle();
  for (const pause of [100, 200, 400]) {
    calls.at(-1)!.fail();
    await settle();
    const before = calls.length;
    t.mock.timers.tick(pause - 1);
    await settle();
    assert.equal(calls.length, before);
    t.mock.timers.tick(1);
    await settle();
    assert.deepEqual(shown(calls.at(-1)!), ['a', false]);
    assert.equal(calls.length, before + 1);
  }
  calls.at(-1)!.end();
  await settle();
  sources[0]!.give(['b']);
  await settle();
  assert.deepEqual(shown(calls.at(-1)!), ['b', false]);
  t.mock.timers.reset();
  await following.close(0);
});

test('of many keys so many come at a time', async () => {
  const { sources, calls, following } = await start();
  calls[0]!.end();
  await settle();
  sources[0]!.give(Array.from({ length: 250 }, (_, index) => `k${index}`));
  for (const expected of [100, 100, 50]) {
    await settle();
    assert.equal(calls.at(-1)!.event.keys.length, expected);
    calls.at(-1)!.end();
  }
  await settle();
  assert.equal(calls.length, 4);
  await following.close(0);
});

test('a watch that is lost is begun again, and the app looks at everything', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sources, calls, said, following } = await start();
  calls[0]!.end();
  await settle();
  sources[0]!.fail();
  await settle();
  assert.equal(sources[0]!.closed, true);
  t.mock.timers.tick(100);
  await settle();
  assert.equal(sources.length, 2);
  assert.deepEqual(shown(calls.at(-1)!), ['', true]);
  assert.deepEqual(said, [
    'watch prices: no changes come: nobody answers',
    'watch prices: changes come again',
  ]);
  calls.at(-1)!.end();
  t.mock.timers.reset();
  await following.close(0);
});

test('closing waits for the call under way, and gives it up when its time is over', async () => {
  const patient = await start();
  const closing = patient.following.close(60_000);
  patient.calls[0]!.end();
  await closing;
  assert.equal(patient.calls[0]!.signal.aborted, false);
  const hasty = await start();
  await hasty.following.close(1);
  assert.equal(hasty.calls[0]!.signal.aborted, true);
  assert.equal(hasty.calls.length, 1);
});
