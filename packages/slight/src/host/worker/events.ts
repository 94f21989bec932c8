import { isTrap } from '@spiderlightning/component';
import type { CallOptions, Instance } from '@spiderlightning/component';
import type { Limits } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EventHead } from '../../telemetry/watch.ts';
import { EventError } from '../../triggers/event.ts';
import { describeFates, nameFates } from '../../triggers/fates.ts';
import type { Fates } from '../../triggers/fates.ts';
import { describeBound, describeCause, InstanceStartError, nameFailure } from './failure.ts';
import type { Guest } from './guests.ts';
import { acquireSoon } from './lease.ts';
import type { Log } from '../log/log.ts';
import { PoolBusyError } from './pool.ts';
import type { Pool } from './pool.ts';

/** An event that the app did not come to the end of. The log has it by then. */
export class EventFailure extends Error {
  override readonly name = 'EventFailure';
  /** `error` where the app says so itself, `busy`, `cancelled`, or the code of a trap. */
  readonly reason: string;
  constructor(reason: string, message: string, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/**
 * Calls the app for something that is no request: it gets an instance, limits, a span and a line in the log as a request
 * does. Where every instance is busy it waits as long as a request may take.
 * @param judge - what its answer means for the messages that it was called with; absent: any answer is well
 * @throws {EventFailure}
 */
export type RunEvent = <T>(
  head: EventHead,
  call: (instance: Instance, options: CallOptions, passOn: PassOn) => Promise<T>,
  signal?: AbortSignal,
  judge?: (answer: T | EventFailure) => Fates,
) => Promise<T>;

/** Headers as the app gets them: with its own place in the trace. */
export type PassOn = (headers: [string, string][]) => [string, string][];

const passAsTheyAre: PassOn = (headers) => headers;

export function createEvents(
  pool: Pool<Guest>,
  limits: Pick<Limits, 'deadline' | 'cpu'>,
  log: Log,
  telemetry: Pick<Telemetry, 'watchEvent'> | undefined,
  translate: (text: string) => string,
): RunEvent {
  return async (head, call, signal, judge) => {
    const { trigger, name, id } = head;
    const watch = telemetry?.watchEvent(head);
    const about = { id, trace: watch?.context };
    const began = performance.now();
    let outcome = 'ok';
    let fates: Fates | undefined;
    try {
      const guest = await acquireSoon(pool, began + limits.deadline, signal);
      guest.context.id = id;
      guest.context.watch = watch;
      try {
        const options = { deadline: limits.deadline, cpu: limits.cpu, ...(signal && { signal }) };
        const answer = await call(guest.instance, options, watch?.passOn ?? passAsTheyAre);
        fates = judge?.(answer);
        if (fates !== undefined) outcome = nameFates(fates);
        return answer;
      } finally {
        pool.release(guest);
      }
    } catch (error) {
      const failure = toEventFailure(error, limits, signal);
      outcome = failure.reason;
      fates = judge?.(failure);
      watch?.fail(outcome);
      if (error instanceof EventError)
        log.guest('error', translate(`${trigger} ${name} failed: ${error.message}`), about);
      else if (outcome !== 'cancelled') log.host('error', `${trigger} ${name}: ${failure.message}`, about);
      throw failure;
    } finally {
      const ms = performance.now() - began;
      log.event({
        trigger,
        name,
        outcome,
        note: fates && describeFates(fates),
        messages: fates,
        ms,
        ...about,
      });
      watch?.end(outcome, ms);
    }
  };
}

/** What failed, in words and in one word. `table` of the slightfile has the limits; default `limits`. */
export function toEventFailure(
  error: unknown,
  limits: { readonly deadline?: number | undefined; readonly cpu?: number | undefined },
  signal: AbortSignal | undefined,
  table?: 'limits' | 'command',
): EventFailure {
  if (error instanceof EventError) return new EventFailure('error', `the app says: ${error.message}`, error);
  if (signal?.aborted && (error === signal.reason || (isTrap(error) && error.trap === 'cancelled')))
    return new EventFailure('cancelled', 'it was given up', error);
  const reason = nameFailure(error);
  if (error instanceof PoolBusyError) return new EventFailure(reason, error.message, error);
  if (error instanceof InstanceStartError)
    return new EventFailure(reason, `the app could not be started: ${describeCause(error.cause)}`, error);
  switch (reason) {
    case 'deadline':
      return new EventFailure(
        reason,
        `the app passed its ${describeBound('deadline', limits.deadline, table)}`,
        error,
      );
    case 'cpu':
      return new EventFailure(
        reason,
        `the app used up its ${describeBound('cpu', limits.cpu, table)}`,
        error,
      );
    default:
      return new EventFailure(reason, `the app failed: ${describeCause(error)}`, error);
  }
}
