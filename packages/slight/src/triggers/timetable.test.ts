import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schedule } from '../slightfile/model.ts';
import { createTimetable } from './timetable.ts';

const schedule = (how: Partial<Schedule>): Schedule => ({
  name: 'nightly',
  cron: undefined,
  every: undefined,
  zone: 'UTC',
  overlap: 'skip',
  missed: 'skip',
  leader: undefined,
  position: { line: 4, column: 1 },
  ...how,
});
const file = { path: 'slightfile.toml' };
const at = (text: string) => new Date(text).getTime();
const show = (moment: number | undefined) => new Date(moment ?? 0).toISOString();

test('every counts from 1970, whenever it is asked', () => {
  const { after, until } = createTimetable(schedule({ every: 300_000 }), file);
  assert.equal(show(after(at('2026-01-01T10:02:03Z'))), '2026-01-01T10:05:00.000Z');
  assert.equal(show(after(at('2026-01-01T10:05:00Z'))), '2026-01-01T10:10:00.000Z');
  assert.equal(show(until(at('2026-01-01T10:05:00Z'))), '2026-01-01T10:05:00.000Z');
  assert.equal(show(until(at('2026-01-01T10:04:59Z'))), '2026-01-01T10:00:00.000Z');
});

test('a pattern counts in its time zone, and every day has its time where clocks are moved', () => {
  const { after, until } = createTimetable(schedule({ cron: '30 2 * * *', zone: 'Europe/Berlin' }), file);
  assert.equal(show(after(at('2026-01-10T00:00:00Z'))), '2026-01-10T01:30:00.000Z');
  assert.equal(show(after(at('2026-07-10T00:00:00Z'))), '2026-07-10T00:30:00.000Z');
  assert.equal(show(until(at('2026-01-10T01:30:00Z'))), '2026-01-10T01:30:00.000Z');
  assert.equal(show(until(at('2026-01-10T01:29:59Z'))), '2026-01-09T01:30:00.000Z');
  // There is no 02:30 on 29 March 2026, and two of them on 25 October.
  const days = (from: string, count: number) => {
    const found: string[] = [];
    for (let last = at(from); found.length < count;) {
      last = after(last)!;
      found.push(show(last));
    }
    return found;
  };
  assert.deepEqual(
    days('2026-03-28T12:00:00Z', 2).map((each) => each.slice(0, 10)),
    ['2026-03-29', '2026-03-30'],
  );
  assert.deepEqual(
    days('2026-10-24T12:00:00Z', 2).map((each) => each.slice(0, 10)),
    ['2026-10-25', '2026-10-26'],
  );
});

test('without a zone it is UTC, whatever the machine thinks', () => {
  const { after } = createTimetable(schedule({ cron: '0 12 * * 1' }), file);
  assert.equal(show(after(at('2026-01-01T00:00:00Z'))), '2026-01-05T12:00:00.000Z');
});

test('what is no pattern, or no zone, is refused with its place', () => {
  for (const cron of ['99 * * * *', 'hello', '* * * *', '0 0 * * * *', '']) {
    assert.throws(() => createTimetable(schedule({ cron }), file), {
      name: 'StartError',
      message:
        /^slightfile\.toml:4:1: the schedule "nightly" has no pattern of times: .*\n {2}fix: write cron/,
    });
  }
  assert.throws(() => createTimetable(schedule({ cron: '* * * *' }), file), {
    message: /no pattern of times: cron = "\* \* \* \*": it has 4 of the five fields\n/,
  });
  assert.throws(() => createTimetable(schedule({ cron: '0 2 * * *', zone: 'Mars/Olympus' }), file), {
    message: /time zone "Mars\/Olympus", which is not known\n {2}fix: write zone/,
  });
});
