import { randomUUID } from 'node:crypto';
import type { Locks } from '../capabilities/locks/contract.ts';
import { awaitLead } from '../capabilities/locks/leader.ts';
import { tellSchedule } from '../dialects/spiderlightning/index.ts';
import type { Schedule, Slightfile } from '../slightfile/model.ts';
import { systemClock } from '../triggers/clock.ts';
import type { Following } from '../triggers/schedule.ts';
import type { Timetable } from '../triggers/timetable.ts';
import type { App } from './app.ts';
import type { Log } from './log.ts';

/** What runs the app besides requests, in one worker. */
export interface Triggers {
  /** Begins with what is done once on each host. Whoever did it before has, until `since` (milliseconds since 1970). */
  lead(since: number): void;
  /** Begins nothing more; what is under way has `bound` milliseconds. */
  close(bound: number): Promise<void>;
}

/** Loaded only by apps that have triggers. */
export async function openTriggers(app: App, file: Slightfile, log: Log): Promise<Triggers> {
  const schedules = await Promise.all(
    file.schedule.map((schedule) => prepareSchedule(schedule, app, file, log)),
  );
  const following: Following[] = [];
  let closed = false;
  return {
    lead(since) {
      if (!closed) following.push(...schedules.map((begin) => begin(since)));
    },
    async close(bound) {
      closed = true;
      await Promise.all(following.map((each) => each.close(bound)));
    },
  };
}

async function prepareSchedule(
  schedule: Schedule,
  app: App,
  file: Slightfile,
  log: Log,
): Promise<(since: number) => Following> {
  const { createTimetable } = await import('../triggers/timetable.ts');
  const { followSchedule } = await import('../triggers/schedule.ts');
  const timetable: Timetable = createTimetable(schedule, file.path);
  const { leader } = schedule;
  const locks = leader === undefined ? undefined : ((await app.open('locks', leader)) as Locks);
  return (since) =>
    followSchedule({
      schedule,
      timetable,
      clock: systemClock,
      since,
      say: (level, message) => log.host(level, message),
      ...(locks && {
        async lead(signal) {
          const lease = await awaitLead(locks, `schedule/${schedule.name}`, signal);
          return { lost: lease.lost, release: async () => lease.drop() };
        },
      }),
      run: (event, signal) => {
        const id = randomUUID();
        return app.run(
          { trigger: 'schedule', name: schedule.name, id },
          (instance, options) => tellSchedule(instance, { ...event, id }, options),
          signal,
        );
      },
    });
}
