import { Cron } from 'croner';
import { describeComplaint } from '../slightfile/complaint.ts';
import { StartError } from '../host/log/start-error.ts';
import type { Schedule, Slightfile } from '../slightfile/model.ts';

/** The times of a schedule, in milliseconds since 1970. */
export interface Timetable {
  /** The first one after a moment; undefined: there is none. */
  after(moment: number): number | undefined;
  /** The last one before a moment or at it. */
  until(moment: number): number | undefined;
}

/**
 * The times of a schedule. `every` counts from 1970, so that all hosts, and one that was started again, agree on them.
 * @param file - whose it is, for the message
 * @throws {StartError} for a pattern or a time zone that there is not
 */
export function createTimetable(
  { name, cron, every, zone, position }: Schedule,
  file: Pick<Slightfile, 'path'>,
): Timetable {
  if (every !== undefined) {
    return {
      after: (moment) => (Math.floor(moment / every) + 1) * every,
      until: (moment) => Math.floor(moment / every) * every,
    };
  }
  try {
    const pattern = new Cron(cron ?? '', { timezone: zone, mode: '5-part', paused: true });
    // A time zone is looked up with the first use.
    pattern.nextRun();
    return {
      after: (moment) => pattern.nextRun(new Date(moment))?.getTime(),
      until: (moment) => pattern.previousRuns(1, new Date(moment + 1))[0]?.getTime(),
    };
  } catch (error) {
    const { message } = error as Error;
    const isZone = /time ?zone/i.test(message);
    throw new StartError(
      describeComplaint(
        file,
        position,
        `the schedule ${JSON.stringify(name)} ` +
          (isZone
            ? `is in the time zone ${JSON.stringify(zone)}, which is not known\n` +
              '  fix: write zone = "Europe/Berlin" or another name of the IANA database, or leave it out for UTC'
            : `has no pattern of times: ${describePattern(cron ?? '', message)}\n` +
              '  fix: write cron = "0 2 * * *": minute, hour, day, month and day of the week'),
      ),
      { cause: error },
    );
  }
}

/** What is wrong with a pattern. `message`: what the library says, which would take other numbers of fields as well. */
function describePattern(cron: string, message: string): string {
  const fields = cron.split(/\s+/).filter((field) => field !== '').length;
  const why = fields === 5 ? message.replace(/^\w+: /, '') : `it has ${fields} of the five fields`;
  return `cron = ${JSON.stringify(cron)}: ${why}`;
}
