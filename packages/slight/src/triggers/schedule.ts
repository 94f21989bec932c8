import type { LogLevel, Schedule } from '../slightfile/model.ts';
import { endsWithin, pause } from './clock.ts';
import type { Clock } from './clock.ts';
import type { ScheduleEvent } from './event.ts';
import type { Timetable } from './timetable.ts';

/** That this host, of all, is the one. */
export interface Leadership {
  /** Fires when it is so no more. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface ScheduleOptions {
  readonly schedule: Schedule;
  readonly timetable: Timetable;
  readonly clock: Clock;
  /** Whoever followed the schedule before did so until this time. */
  readonly since: number;
  /** Calls the app. Fails where the app does; the log has that by then. */
  run(event: ScheduleEvent, signal: AbortSignal): Promise<void>;
  /** Resolves when this host is the one to run it. Absent: every host is. */
  lead?(signal: AbortSignal): Promise<Leadership>;
  say(level: LogLevel, message: string): void;
}

/** Something that runs the app by itself until it is closed. */
export interface Following {
  /** Begins no other call, and gives up those under way after `bound` milliseconds. */
  close(bound: number): Promise<void>;
}

/** A time that is later than this many milliseconds was missed. */
export const latest = 60_000;

/** Milliseconds between two attempts to become the one. */
const leadAgain = 1_000;

/** Milliseconds that a call which was given up has to end. */
const farewell = 1_000;

/** Runs the app at the times of a schedule. */
export function followSchedule(options: ScheduleOptions): Following {
  const { schedule, timetable, clock, say } = options;
  const title = `schedule ${schedule.name}`;
  const closed = new AbortController();
  let giveUp = new AbortController();
  let running: Promise<void> | undefined;
  let waiting: number | undefined;

  async function work(first: number): Promise<void> {
    for (let time: number | undefined = first; time !== undefined;) {
      // What failed is not repeated: the next time comes.
      await options.run({ name: schedule.name, time }, giveUp.signal).catch(() => undefined);
      time = waiting;
      waiting = undefined;
    }
    running = undefined;
  }

  function begin(time: number): void {
    if (running === undefined) running = work(time);
    else if (schedule.overlap === 'queue') waiting = time;
    else say('warn', `${title}: ${show(time)} is left out, since the app is busy with the one before`);
  }

  async function follow(from: number, ended: AbortSignal): Promise<void> {
    for (let last = from; !ended.aborted;) {
      const planned = timetable.after(last);
      if (planned === undefined) return say('warn', `${title}: no other time will come`);
      await clock.until(planned, ended);
      if (ended.aborted) return;
      const now = clock.now();
      // Of several that have come meanwhile the last one stands for all.
      const due = Math.max(planned, timetable.until(now) ?? planned);
      last = due;
      if (now - due < latest || schedule.missed === 'once') begin(due);
      else say('warn', `${title}: ${show(due)} was missed, and is left out`);
    }
  }

  async function settle(bound: number, reason: string): Promise<void> {
    waiting = undefined;
    if (running === undefined || (bound > 0 && (await endsWithin(bound, running)))) return;
    giveUp.abort(new Error(reason));
    await endsWithin(farewell, running);
  }

  async function followAsLeader(lead: NonNullable<ScheduleOptions['lead']>): Promise<void> {
    while (!closed.signal.aborted) {
      let leadership: Leadership;
      try {
        leadership = await lead(closed.signal);
      } catch (error) {
        if (closed.signal.aborted) return;
        say('warn', `${title}: it is not known which host is to run it: ${(error as Error).message}`);
        await pause(leadAgain, closed.signal);
        continue;
      }
      say('info', `${title}: this host runs it`);
      const { lost } = leadership;
      await follow(clock.now(), AbortSignal.any([closed.signal, lost]));
      if (lost.aborted) {
        say('warn', `${title}: this host has lost its lock, another one may run it now`);
        await settle(0, 'another host may run it now');
        giveUp = new AbortController();
      } else await stopped.promise;
      await leadership.release();
    }
  }

  const stopped = Promise.withResolvers<void>();
  const { lead } = options;
  const over = lead === undefined ? follow(options.since, closed.signal) : followAsLeader(lead);
  return {
    async close(bound) {
      closed.abort();
      await settle(bound, 'the app is shutting down');
      // Only now may another host have the lock.
      stopped.resolve();
      await over;
    },
  };
}

function show(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
