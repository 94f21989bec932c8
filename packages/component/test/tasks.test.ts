import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTrap, limitCalls, readWear } from '@spiderlightning/component';
import type { Instance } from '@spiderlightning/component';
import { compileText, libc, pause, start } from './fixture.ts';

/**
 * Reads a number, waits for the host, writes the number and one more: without a lock, calls made at the same time would
 * lose counts. `careful` tries to catch whatever happens to it.
 */
const counter = `
  (import "wait" (func $wait (param "n" u32) (result u32)))
  (core func $wait' (canon lower (func $wait)))
  (core module $M
    (import "h" "wait" (func $wait (param i32) (result i32)))
    (global $count (mut i32) (i32.const 0))
    (global $caught (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (local $n i32)
      (local.set $n (global.get $count))
      (drop (call $wait (local.get $n)))
      (global.set $count (i32.add (local.get $n) (i32.const 1)))
      (global.get $count))
    (func (export "careful") (result i32)
      (block $caught
        (loop $again
          (try_table (catch_all $caught) (drop (call $wait (i32.const 7))))
          (br $again)))
      (global.set $caught (i32.const 1))
      (loop $forever (drop (call $wait (i32.const 8))) (br $forever))
      unreachable)
    (func (export "spin") (loop $again (br $again)))
    (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
    (func (export "crash") unreachable)
    (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (memory 1)
    (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
    (table $t 4 funcref)
    (func (export "indirect") (param i32) (call_indirect $t (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
  (core instance $m (instantiate $M (with "h" (instance (export "wait" (func $wait'))))))
  (func (export "count") (result u32) (canon lift (core func $m "count")))
  (func (export "careful") (result u32) (canon lift (core func $m "careful")))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "deep") (result u32) (canon lift (core func $m "deep")))
  (func (export "crash") (canon lift (core func $m "crash")))
  (func (export "divide") (param "by" u32) (result u32) (canon lift (core func $m "divide")))
  (func (export "peek") (param "at" u32) (result u32) (canon lift (core func $m "peek")))
  (func (export "indirect") (param "index" u32) (canon lift (core func $m "indirect")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $m "grow")))`;

const component = await compileText(counter);

async function run(wait: (n: number) => unknown, options = {}): Promise<Instance> {
  return component.instantiate({ wait }, options);
}

/** A host function that answers when it is told to. */
function gate(): { wait: (n: number) => Promise<number>; calls: { n: number; open: (n: number) => void }[] } {
  const calls: { n: number; open: (n: number) => void }[] = [];
  return { wait: (n) => new Promise((open) => calls.push({ n, open })), calls };
}

const never = (): Promise<never> => new Promise(() => {});

test('calls made at the same time come one after the other', async () => {
  const instance = await run(pause);
  const counts = await Promise.all(Array.from({ length: 50 }, () => instance.call('count', [])));
  assert.deepEqual(
    counts,
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});

test('while a call waits no other enters, not even plainly', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait);
  const first = instance.call('count', []);
  const second = instance.call('count', []);
  assert.equal(calls.length, 1);
  assert.throws(() => instance.callSync('divide', [1]), { trap: 'abi' });
  calls[0]!.open(0);
  assert.equal(await first, 1);
  await pause(0);
  calls[1]!.open(0);
  assert.equal(await second, 2);
  assert.equal(instance.callSync('divide', [1]), 1);
});

test('a host function that answers now and then later is waited for as needed', async () => {
  const instance = await run((n) => (n % 2 === 0 ? n : pause(n)));
  for (let count = 1; count <= 10; count++) assert.equal(await instance.call('count', []), count);
});

const trapping: readonly (readonly [string, readonly unknown[], string])[] = [
  ['crash', [], 'unreachable'],
  ['divide', [0], 'arithmetic'],
  ['peek', [0xffff_fff0], 'out-of-bounds'],
  ['indirect', [0], 'indirect-call'],
  ['indirect', [9], 'out-of-bounds'],
  ['deep', [], 'stack-overflow'],
];

for (const [name, args, trap] of trapping) {
  test(`${name}(${args.join()}) traps: ${trap}; the instance is over`, async () => {
    const later = await run(pause);
    await assert.rejects(later.call(name, args), (error: any) => isTrap(error) && error.trap === trap);
    assert.equal(later.alive, false);
    await assert.rejects(later.call('divide', [1]), { trap: 'disposed' });
    const now = await run(pause);
    assert.throws(() => now.callSync(name, args), { trap });
    assert.throws(() => now.callSync('divide', [1]), { trap: 'disposed' });
    assert.equal((await run(pause)).callSync('divide', [1]), 1);
  });
}

test('calls that queue behind a trap are refused with its reason', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait);
  const waiting = instance.call('count', []);
  const crash = instance.call('crash', []);
  const after = instance.call('count', []);
  calls[0]!.open(0);
  assert.equal(await waiting, 1);
  await assert.rejects(crash, { trap: 'unreachable' });
  await assert.rejects(
    after,
    (error: any) => error.trap === 'disposed' && error.cause.trap === 'unreachable',
  );
});

for (const [what, wait] of [
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret'))],
  ['rejects later', () => pause(0).then(() => Promise.reject(new Error('secret')))],
] as const) {
  test(`a guest cannot catch a host function that ${what}`, async () => {
    const instance = await run(wait);
    await assert.rejects(instance.call('careful', []), (error: any) => {
      assert.equal(error.trap, 'host-error');
      assert.equal(error.cause.message, 'secret');
      return true;
    });
  });
}

test('a guest cannot catch its deadline, its cancellation, or its disposal', async () => {
  const late = await run(never);
  await assert.rejects(late.call('careful', [], { deadline: 20 }), { trap: 'deadline' });
  assert.equal(late.alive, false);

  const given = new AbortController();
  const up = await run(never);
  const call = up.call('careful', [], { signal: given.signal });
  given.abort();
  await assert.rejects(call, { trap: 'cancelled' });

  const gone = await run(never);
  const running = gone.call('careful', []);
  gone.dispose();
  assert.equal(gone.alive, false);
  await assert.rejects(running, { trap: 'cancelled' });
});

test('a guest that turns in circles through the host has its deadline too', async () => {
  const instance = await run((n) => n);
  await assert.rejects(instance.call('careful', [], { deadline: 30 }), { trap: 'deadline' });
  const waiting = await run(pause);
  await assert.rejects(waiting.call('careful', [], { deadline: 30 }), { trap: 'deadline' });
});

test('an answer that comes after the call was given up does nothing', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait);
  const call = instance.call('count', [], { deadline: 10 });
  await assert.rejects(call, { trap: 'deadline' });
  calls[0]!.open(1);
  await pause(0);
  assert.equal(calls.length, 1);
});

test('a call that is given up while it queues leaves the others as they are', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait);
  const given = new AbortController();
  const first = instance.call('count', []);
  const second = instance.call('count', [], { signal: given.signal });
  const third = instance.call('count', [], { deadline: 10 });
  const fourth = instance.call('count', []);
  given.abort();
  await assert.rejects(second, { trap: 'cancelled' });
  await assert.rejects(third, { trap: 'deadline' });
  assert.equal(instance.alive, true);
  calls[0]!.open(0);
  assert.equal(await first, 1);
  await pause(0);
  calls[1]!.open(0);
  assert.equal(await fourth, 2);
});

test('a signal that has fired before refuses the call; one that fires after it does nothing', async () => {
  const instance = await run(pause);
  await assert.rejects(instance.call('count', [], { signal: AbortSignal.abort() }), { trap: 'cancelled' });
  const controller = new AbortController();
  assert.equal(await instance.call('count', [], { signal: controller.signal }), 1);
  controller.abort();
  assert.equal(await instance.call('count', []), 2);
});

test('dispose ends the call under way and refuses those that wait', async () => {
  const instance = await run(never);
  const first = instance.call('count', []);
  const second = instance.call('count', []);
  instance.dispose();
  instance.dispose();
  await assert.rejects(first, { trap: 'cancelled' });
  await assert.rejects(second, { trap: 'disposed' });
  await assert.rejects(instance.call('count', []), { trap: 'disposed' });
});

test('dispose from inside of a host function ends the guest as soon as it runs on', async () => {
  const instance: Instance = await run((n) => {
    instance.dispose();
    return n;
  });
  await assert.rejects(instance.call('careful', []), { trap: 'cancelled' });
});

test('arguments that do not fit leave the instance as it was', async () => {
  const instance = await run(pause);
  for (const args of [[], ['1'], [-1], [1.5], [1, 2]]) {
    await assert.rejects(instance.call('divide', args), TypeError);
    assert.throws(() => instance.callSync('divide', args), TypeError);
  }
  assert.equal(await instance.call('divide', [1]), 1);
});

test('a host function may call other instances, plainly or not', async () => {
  const plain = await run((n) => n);
  const waiting = await run(pause);
  const now = await run(() => plain.callSync('count', []));
  assert.deepEqual([await now.call('count', []), now.callSync('count', [])], [1, 2]);
  assert.equal(plain.callSync('count', []), 3);
  const later = await run(() => waiting.call('count', []));
  assert.deepEqual(await Promise.all([later.call('count', []), later.call('count', [])]), [1, 2]);
  const stopped = await run(() => plain.call('spin', [], { cpu: 30 }));
  await assert.rejects(stopped.call('count', []), { trap: 'cpu' });
});

test('a host function cannot enter the guest that calls it', async () => {
  const plain: Instance = await run(() => plain.callSync('count', []));
  await assert.rejects(plain.call('count', []), { trap: 'abi', message: /another call/ });
  const waiting: Instance = await run(() => waiting.call('count', []));
  await assert.rejects(waiting.call('count', [], { deadline: 20 }), { trap: 'deadline' });
});

test('a promise where the guest is called plainly traps', async () => {
  const instance = await run(pause);
  assert.throws(() => instance.callSync('count', []), { trap: 'abi', message: /wait.*promise/ });
  const now = await run((n) => n);
  assert.equal(now.callSync('count', []), 1);
});

test('a busy guest is ended by its CPU budget, which waiting does not use up', async () => {
  const instance = await run(() => new Promise((resolve) => setTimeout(resolve, 60, 0)));
  assert.equal(await instance.call('count', [], { cpu: 30 }), 1);
  await assert.rejects(instance.call('spin', [], { cpu: 30 }), { trap: 'cpu' });
});

test('many busy guests and waiting ones are told apart', async () => {
  const instances = await Promise.all(Array.from({ length: 6 }, () => run(pause)));
  const results = await Promise.allSettled(
    instances.map((instance, index) =>
      index % 2 === 0 ? instance.call('spin', [], { cpu: 40 }) : instance.call('count', [], { cpu: 1_000 }),
    ),
  );
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.trap)),
    ['cpu', 1, 'cpu', 1, 'cpu', 1],
  );
});

test('memory grows up to the limit of the instance and no further', async () => {
  const small = await run(pause, { memory: 3 * 65_536 });
  assert.equal(small.memoryBytes, 65_536);
  assert.equal(small.callSync('grow', [2]), 1);
  assert.equal(small.memoryBytes, 3 * 65_536);
  assert.equal(small.callSync('grow', [1]), -1);
  const large = await run(pause);
  assert.equal(large.callSync('grow', [5000]), -1);
  assert.equal(large.callSync('grow', [100]), 1);
});

test('without limits a component is as it was written', async () => {
  const plain = await compileText(`${counter} ${libc}`, { limits: false });
  const instance = await plain.instantiate({ wait: pause });
  assert.equal(await instance.call('count', []), 1);
  assert.equal(instance.callSync('grow', [1]), 1);
  assert.ok(instance.memoryBytes >= 65_536);
});

test('an async export with callbacks yields, then returns', async () => {
  const instance = await start(`
    (core func $return (canon task.return (result u32)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $M
      (import "h" "return" (func $return (param i32)))
      (import "h" "get" (func $get (result i32)))
      (import "h" "set" (func $set (param i32)))
      (func (export "run") (param i32) (result i32) (call $set (local.get 0)) (i32.const 1))
      (func (export "back") (param i32 i32 i32) (result i32)
        (if (i32.eqz (call $get)) (then (call $return (i32.const 77)) (return (i32.const 0))))
        (call $set (i32.sub (call $get) (i32.const 1)))
        (i32.const 1)))
    (core instance $m (instantiate $M (with "h" (instance
      (export "return" (func $return)) (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "run") async (param "turns" u32) (result u32)
      (canon lift (core func $m "run") async (callback (core func $m "back"))))`);
  assert.deepEqual(await Promise.all([instance.call('run', [5]), instance.call('run', [0])]), [77, 77]);
  assert.equal(instance.callSync('run', [3]), 77);
  await assert.rejects(instance.call('run', [0xffff_ffff], { deadline: 30 }), { trap: 'deadline' });
});

test('an async export without callback waits on its stack', async () => {
  const instance = await start(
    `(import "wait" (func $wait (param "n" u32) (result u32)))
     (core func $wait' (canon lower (func $wait)))
     (core func $return (canon task.return (result u32)))
     (core module $M
       (import "h" "wait" (func $wait (param i32) (result i32)))
       (import "h" "return" (func $return (param i32)))
       (func (export "run") (param i32) (call $return (call $wait (local.get 0)))))
     (core instance $m (instantiate $M (with "h" (instance
       (export "wait" (func $wait')) (export "return" (func $return))))))
     (func (export "run") async (param "n" u32) (result u32) (canon lift (core func $m "run") async))`,
    { wait: (n: number) => pause(n + 1) },
  );
  assert.deepEqual(await Promise.all([instance.call('run', [1]), instance.call('run', [5])]), [2, 6]);
});

for (const [code, message] of [
  ['2', /wait/],
  ['3', /callback/],
  ['0', /task\.return/],
] as const) {
  test(`callback code ${code} where there is nothing to do is a trap`, async () => {
    const instance = await start(`
      (core module $M
        (func (export "run") (result i32) (i32.const ${code}))
        (func (export "back") (param i32 i32 i32) (result i32) (i32.const 0)))
      (core instance $m (instantiate $M))
      (func (export "run") async (result u32)
        (canon lift (core func $m "run") async (callback (core func $m "back"))))`);
    await assert.rejects(instance.call('run', []), { trap: 'abi', message });
  });
}

test('a call that finds the queue full is refused, and does no harm', async () => {
  const { wait, calls } = gate();
  const instance = await run(wait, { queue: 2 });
  const first = instance.call('count', []);
  const others = [instance.call('count', []), instance.call('count', [])];
  await assert.rejects(instance.call('count', []), { trap: 'busy', message: /2 calls wait for their turn/ });
  assert.equal(instance.alive, true);
  for (const [index, call] of [first, ...others].entries()) {
    calls[index]!.open(0);
    assert.equal(await call, index + 1);
    await pause(0);
  }
  const none = await run(wait, { queue: 0 });
  const only = none.call('count', []);
  await assert.rejects(none.call('count', []), { trap: 'busy' });
  calls.at(-1)!.open(0);
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
    for (const { open } of calls) open(0);
    assert.deepEqual(await Promise.all(waiting), [1, 1, 1, 1, 1, 1, 1]);
    await pause(0);
    calls.at(-1)!.open(0);
    assert.equal(await next, 2);
    assert.equal(readWear(8).calls, 0);
    const after = instances[7]!.call('count', []);
    calls.at(-1)!.open(0);
    assert.equal(await after, 1);
  } finally {
    limitCalls(10_000);
  }
});
