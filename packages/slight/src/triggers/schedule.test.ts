import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schedule } from '../slightfile/model.ts';
import type { Clock } from './clock.ts';
import { followSchedule } from './schedule.ts';
import type { Leadership, ScheduleOptions } from './schedule.ts';
import { createTimetable } from './timetable.ts';

const minute = 60_000;

/** A clock that goes on when the test says so. */
function makeClock(start: number) {
  let now = start;
  const waiting = new Set<{ moment: number; resolve(): void }>();
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };
  const clock: Clock = {
    now: () => now,
    until: (moment, signal) =>
      new Promise((resolve) => {
        const wait = { moment, resolve };
        if (moment <= now) return resolve();
        waiting.add(wait);
        signal.addEventListener('abort', () => resolve());
      }),
  };
  return {
    clock,
    settle,
    async advance(milliseconds: number) {
      now += milliseconds;
      for (const wait of waiting) {
        if (wait.moment > now) continue;
        waiting.delete(wait);
        wait.resolve();
      }
      await settle();
    },
  };
}

/** A schedule every ten minutes whose calls end when the test says so. */
function start(how: Partial<Schedule> = {}, options: Partial<ScheduleOptions> = {}, begin = 0) {
  const schedule: Schedule = {
    name: 'poll',
    cron: undefined,
    every: 10 * minute,
    zone: 'UTC',
    overlap: 'skip',
    missed: 'skip',
    leader: undefined,
    position: { line: 1, column: 1 },
    ...how,
  };
  const { clock, ...time } = makeClock(begin);
  const begun: number[] = [];
  const said: string[] = [];
  const ends: (() => void)[] = [];
  const cancelled: number[] = [];
  const following = followSchedule({
    schedule,
    timetable: createTimetable(schedule, { path: undefined }),
    clock,
    since: 0,
    say: (_level, message) => void said.push(message),
    run({ time: planned }, signal) {
      begun.push(planned / minute);
      return new Promise((resolve, reject) => {
        ends.push(resolve);
        signal.addEventListener('abort', () => {
          cancelled.push(planned / minute);
          reject(signal.reason as Error);
        });
      });
    },
    ...options,
  });
  const end = async () => {
    ends.shift()!();
    await time.settle();
  };
  return { ...time, following, begun, said, cancelled, end };
}

test('the app is called at each time, with the time that was planned', async () => {
  const { advance, begun, end, following } = start();
  await advance(10 * minute + 300);
  await end();
  await advance(9 * minute);
  assert.deepEqual(begun, [10]);
  await advance(minute);
  assert.deepEqual(begun, [10, 20]);
  await end();
  await following.close(0);
});

test('a call that fails does not end the schedule', async () => {
  const begun: number[] = [];
  const { advance, following } = start(
    {},
    { run: async ({ time }) => Promise.reject(new Error(String(begun.push(time)))) },
  );
  await advance(10 * minute);
  await advance(10 * minute);
  assert.equal(begun.length, 2);
  await following.close(0);
});

test('a time that comes while the app is busy is left out, or done after it: one waits at most', async () => {
  for (const [overlap, expected] of [
    ['skip', [10]],
    ['queue', [10, 40]],
  ] as const) {
    const { advance, begun, end, following, said } = start({ overlap });
    for (let count = 0; count < 4; count++) await advance(10 * minute);
    assert.deepEqual(begun, [10]);
    assert.equal(said.length, overlap === 'skip' ? 3 : 0);
    await end();
    assert.deepEqual(begun, expected);
    const closing = following.close(60_000);
    if (overlap === 'queue') await end();
    await closing;
  }
});

test('of times that were slept through one counts where it is not late; others as the slightfile says', async () => {
  for (const [late, missed, expected] of [
    [30_000, 'skip', [30]],
    [5 * minute, 'skip', []],
    [5 * minute, 'once', [30]],
  ] as const) {
    const { advance, begun, following, said } = start({ missed });
    await advance(30 * minute + late);
    assert.deepEqual(begun, expected);
    if (expected.length === 0) assert.match(said.join(), /00:30:00Z was missed/);
    await following.close(0);
  }
});

test('what came between the former leader of this host and this one is not lost', async () => {
  const { settle, begun, following } = start({}, { since: 9 * minute }, 10 * minute + 5_000);
  await settle();
  assert.deepEqual(begun, [10]);
  await following.close(0);
});

test('closing waits for the call under way, and gives it up when its time is over', async () => {
  const patient = start({ overlap: 'queue' });
  await patient.advance(10 * minute);
  await patient.advance(10 * minute);
  const closing = patient.following.close(60_000);
  await patient.advance(60 * minute);
  await patient.end();
  await closing;
  assert.deepEqual([patient.begun, patient.cancelled], [[10], []], 'what waited is left out');

  const hasty = start();
  await hasty.advance(10 * minute);
  await hasty.following.close(1);
  assert.deepEqual(hasty.cancelled, [10]);
});

test('only the one that has the lock runs it, and who loses the lock gives up what it was at', async () => {
  const turns: { resolve(leadership: Leadership): void; lost: AbortController; released: number }[] = [];
  const { advance, settle, begun, cancelled, following } = start(
    {},
    {
      lead: () =>
        new Promise((resolve) => {
          turns.push({ resolve, lost: new AbortController(), released: 0 });
        }),
    },
  );
  const become = async (turn: (typeof turns)[number]) => {
    turn.resolve({ lost: turn.lost.signal, release: async () => void turn.released++ });
    await settle();
  };
  await advance(10 * minute);
  assert.deepEqual(begun, []);
  await become(turns[0]!);
  await advance(10 * minute);
  assert.deepEqual(begun, [20]);
  turns[0]!.lost.abort();
  await settle();
  assert.deepEqual(cancelled, [20]);
  await advance(10 * minute);
  assert.deepEqual(begun, [20]);
  await become(turns[1]!);
  await advance(10 * minute);
  assert.deepEqual(begun, [20, 40]);
  const closing = following.close(10);
  assert.equal(turns[1]!.released, 0, 'the call is still under way');
  await closing;
  assert.deepEqual([cancelled, turns[1]!.released], [[20, 40], 1]);
});

test('where it cannot be known who is the one, it is asked again', async () => {
  let asked = 0;
  const { begun, said, following, settle } = start(
    {},
    { lead: async () => Promise.reject(new Error(`no answer ${++asked}`)) },
  );
  await settle();
  assert.match(said.join(), /not known which host is to run it: no answer 1/);
  await following.close(0);
  assert.deepEqual([begun, asked], [[], 1]);
});
