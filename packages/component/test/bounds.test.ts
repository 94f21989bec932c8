import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitCalls, readWear } from '@spiderlightning/component';
import type { Instance } from '@spiderlightning/component';
import { compileText, pause } from './fixture.ts';

/** Counts its calls, each after the host has answered. */
const component = await compileText(`
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $M
    (import "h" "wait" (func $wait))
    (global $count (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (call $wait)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (global.get $count)))
  (core instance $m (instantiate $M (with "h" (instance (export "wait" (func $wait'))))))
  (func (export "count") (result u32) (canon lift (core func $m "count")))`);

async function run(wait: () => unknown, options = {}): Promise<Instance> {
  return component.instantiate({ wait }, options);
}

/** A host function that answers when it is told to. */
function gate(): { wait: () => Promise<void>; calls: { open: () => void }[] } {
  const calls: { open: () => void }[] = [];
  return { wait: () => new Promise((open) => calls.push({ open })), calls };
}

test('a call that finds the queue full is refused, and does no harm', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait, { queue: 2 });
  const first = instance.call('count', []);
  const others = [instance.call('count', []), instance.call('count', [])];
  await assert.rejects(instance.call('count', []), { trap: 'busy', message: /2 calls wait for their turn/ });
  assert.equal(instance.alive, true);
  for (const [index, call] of [first, ...others].entries()) {
    calls[index]!.open();
    assert.equal(await call, index + 1);
    await pause(0);
  }
  const none = await run(wait, { queue: 0 });
  const only = none.call('count', []);
  await assert.rejects(none.call('count', []), { trap: 'busy' });
  calls.at(-1)!.open();
  assert.equal(await only, 1);
});

test('calls that are under way on the thread are bounded together', async () => {
  const { wait, calls } = gate();
  const instances = await Promise.all(Array.from({ length: 8 }, () => run(wait)));
  const before = readWear(8);
  limitCalls(7);
  try {
    const waiting = instances.slice(0, 7).map((instance) => instance.call('count', []));
    assert.equal(readWear(8).calls, 7);
    assert.equal(readWear(8).overlapping - before.overlapping, 3, 'all but four');
    await assert.rejects(instances[7]!.call('count', []), { trap: 'busy', message: /7 calls are under way/ });
    const next = instances[0]!.call('count', []);
    for (const { open } of calls) open();
    assert.deepEqual(await Promise.all(waiting), [1, 1, 1, 1, 1, 1, 1]);
    await pause(0);
    calls.at(-1)!.open();
    assert.equal(await next, 2);
    assert.equal(readWear(8).calls, 0);
    const after = instances[7]!.call('count', []);
    calls.at(-1)!.open();
    assert.equal(await after, 1);
  } finally {
    limitCalls(10_000);
  }
});
