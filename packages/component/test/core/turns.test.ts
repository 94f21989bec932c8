import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';

import { createLimits } from '../../src/core/limits.ts';
import { createGuestThread } from '../../src/core/thread.ts';
import type { GuestThread } from '../../src/core/thread.ts';
import { FLAG, SLICE } from '../../src/core/watchdog.ts';
import { makeTrap } from '../../src/runtime/trap.ts';
import { makeGuest } from './guest.ts';

/** A thread whose time and watchdog are the test's. */
let time: number;
let cpu: number;
let started: number;
let thread: GuestThread;

beforeEach(() => {
  time = 1000;
  cpu = 0;
  started = 0;
  thread = createGuestThread({
    now: () => time,
    cpu: () => cpu,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    startWatchdog: () => {
      started++;
    },
  });
});

/** The thread has run for so long. */
const work = (milliseconds: number) => {
  time += milliseconds;
  cpu += milliseconds;
};

const setFlag = () => Atomics.store(thread.words, FLAG, 1);

/** A guest that calls `step` and then looks at the flag, as often as it is told. */
const STEPPING = `(module
  (import "host" "step" (func $step))
  (func (export "run") (param i32)
    (loop
      (call $step)
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;

async function makeStepping(step: () => void) {
  return await makeGuest(STEPPING, { imports: { host: { step } }, limits: createLimits(thread) });
}

suite('turns', () => {
  test('a flag that comes too late costs a turn and nothing else', async () => {
    const guest = await makeStepping(setFlag);
    await guest.call('run', [5], { cpu: 1, deadline: 1 });
    assert.equal(thread.current, undefined);
  });

  test('a flag that was set for another guest is gone when the next one enters', async () => {
    const { limits } = await makeStepping(() => {});
    setFlag();
    limits.enter(true);
    assert.equal(Atomics.load(thread.words, FLAG), 0);
    limits.leave();
  });

  test('guests that end and begin out of turn leave the thread to nobody', () => {
    const [a, b] = [createLimits(thread), createLimits(thread)];
    a.enter(true);
    b.enter(true);
    a.leave();
    a.enter(true);
    b.leave();
    assert.equal(thread.current, a);
    a.leave();
    assert.equal(thread.current, undefined);
  });

  test('each call begins a slice', async () => {
    const slices: number[] = [];
    const guest = await makeStepping(() => slices.push(Atomics.load(thread.words, SLICE)));
    await guest.call('run', [1]);
    await guest.call('run', [1]);
    assert.equal(new Set([0, ...slices]).size, 3);
    assert.equal(started, 1);
  });

  test('a guest that waited goes on in its slice, unless that is over or another guest had the thread', () => {
    const guest = createLimits(thread);
    const other = createLimits(thread);
    const enterAnew = () => {
      guest.enter(true);
      const slice = Atomics.load(thread.words, SLICE);
      guest.leave();
      return slice;
    };
    guest.begin({});
    const first = enterAnew();
    assert.equal(enterAnew(), first);
    setFlag();
    const second = enterAnew();
    assert.notEqual(second, first);
    assert.equal(Atomics.load(thread.words, FLAG), 0);
    other.enter(true);
    other.leave();
    assert.notEqual(enterAnew(), second);
    guest.end();
  });

  test('time is charged from slice to slice', async () => {
    let steps = 0;
    const guest = await makeStepping(() => {
      steps++;
      work(6);
      setFlag();
    });
    await assert.rejects(guest.call('run', [100], { cpu: 15 }), { trap: 'cpu' });
    assert.equal(steps, 3);
  });

  for (const each of [0.5, 3, 10])
    test(`short times add up, with no flag: ${each} ms`, async () => {
      const guest = await makeStepping(() => {});
      const { limits } = guest;
      limits.begin({ cpu: 20 });
      let used = 0;
      assert.throws(
        () => {
          for (let entry = 0; entry < 50; entry++) {
            limits.enter(false);
            guest.exports['run'](1);
            work(each);
            limits.leave();
            used += each;
            work(2);
          }
        },
        { trap: 'cpu' },
      );
      assert.ok(used >= 20 && used < 20 + each, `ended after ${used} ms`);
      limits.end();
    });

  test('time in which another process had the processor is not charged', async () => {
    let steps = 0;
    const guest = await makeStepping(() => {
      steps++;
      work(1);
      time += 30;
      setFlag();
    });
    await assert.rejects(guest.call('run', [100], { cpu: 15 }), { trap: 'cpu' });
    assert.equal(steps, 15);
  });

  test('the guest that ran before is not what the next one is charged for', async () => {
    const [first, guest] = [await makeStepping(() => work(1000)), await makeStepping(() => work(3))];
    await first.call('run', [1], { cpu: 5000 });
    await guest.call('run', [2], { cpu: 20 });
    guest.limits.begin({ cpu: 20 });
    guest.limits.enter(false);
    work(10);
    first.callSync('run', [1], { cpu: 5000 });
    setFlag();
    guest.exports['run'](1);
    guest.limits.end();
  });

  test('time is not charged while others run, nor between entries', async () => {
    const guest = await makeStepping(setFlag);
    const { limits } = guest;
    limits.begin({ cpu: 10 });
    for (let entry = 0; entry < 3; entry++) {
      limits.enter(false);
      work(3);
      limits.leave();
      work(50);
    }
    limits.enter(false);
    guest.exports['run'](2);
    work(1);
    assert.throws(() => guest.exports['run'](2), { trap: 'cpu' });
    limits.end();
  });

  test('the deadline is wall-clock time', async () => {
    const guest = await makeStepping(() => {
      time += 5;
      setFlag();
    });
    assert.throws(() => guest.callSync('run', [100], { deadline: 20 }), { trap: 'deadline' });
    guest.callSync('run', [3], { deadline: 20 });
  });

  test('a call that was given up before it got the thread ends at once', async () => {
    let steps = 0;
    const guest = await makeStepping(() => steps++);
    guest.limits.begin({});
    guest.limits.cancel(makeTrap('cancelled', 'given up'));
    guest.limits.enter(false);
    assert.throws(() => guest.exports['run'](9), { trap: 'cancelled' });
    guest.limits.end();
    assert.equal(steps, 0);
    guest.callSync('run', [1]);
    assert.equal(steps, 1);
  });

  test('a guest that a host function calls gives the thread back to the guest below', async () => {
    const inner = await makeStepping(() => {});
    const seen: unknown[] = [];
    const outer = await makeStepping(() => {
      inner.callSync('run', [1]);
      seen.push(thread.current);
    });
    outer.callSync('run', [1]);
    assert.deepEqual(seen, [outer.limits]);
    assert.equal(thread.current, undefined);
  });

  test('a guest that ended while another one had the thread does not get it back', async () => {
    const first = createLimits(thread);
    const second = createLimits(thread);
    first.enter(true);
    second.enter(true);
    first.end();
    second.leave();
    assert.equal(thread.current, undefined);
  });

  test('leaving twice does not take the thread from the guest below', () => {
    const outer = createLimits(thread);
    const inner = createLimits(thread);
    outer.enter(false);
    inner.enter(true);
    inner.detach();
    inner.leave();
    assert.equal(thread.current, outer);
    outer.leave();
  });

  test('glue within an entry cannot be suspended, and the guest around it can again', async () => {
    const { limits } = await makeStepping(() => {});
    limits.enter(true);
    limits.enter(false);
    assert.equal(limits.decide(), 0);
    limits.leave();
    assert.equal(limits.decide(), 1);
    limits.leave();
  });
});
