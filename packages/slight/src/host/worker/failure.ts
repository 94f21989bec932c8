import { isTrap } from '@spiderlightning/component';
import type { Limits } from '../../slightfile/model.ts';
import { HttpFailure } from '../../triggers/http-message.ts';
import { PoolBusyError } from './pool.ts';

/** An instance could not be made for a request. */
export class InstanceStartError extends Error {
  override readonly name = 'InstanceStartError';
}

/**
 * What the client is told of a request that failed, and what the log is told.
 *
 * | what happened | status |
 * |---|---|
 * | no instance became free in time, or too many wait | 503 with `Retry-After: 1` |
 * | the deadline passed, or the CPU budget is spent: the app was given its time and did not answer | 504 |
 * | the app trapped, threw or ended itself, or could not be instantiated | 500 |
 */
export function toHttpFailure(error: unknown, limits: Limits): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof PoolBusyError || (isTrap(error) && error.trap === 'busy')) {
    return new HttpFailure(503, 'The app is busy. Try again soon.', {
      headers: [['retry-after', '1']],
      reason: error.message,
    });
  }
  if (error instanceof InstanceStartError) {
    return new HttpFailure(500, 'The app could not be started for this request.', {
      reason: `the app could not be started: ${describeCause(error.cause)}`,
    });
  }
  if (!isTrap(error)) throw error;
  switch (error.trap) {
    case 'deadline':
      return new HttpFailure(504, 'The app did not answer in time.', {
        reason: `the app did not answer within its ${describeBound('deadline', limits.deadline)}`,
      });
    case 'cpu':
      return new HttpFailure(504, 'The app used up its computing time before it answered.', {
        reason: `the app used up its ${describeBound('cpu', limits.cpu)}`,
      });
    default:
      return new HttpFailure(500, 'The app failed while it answered this request.', {
        reason: `the app failed: ${describeCause(error)}`,
      });
  }
}

/** An app of which no instance could be made, before it served anything. */
export function describeNoStart(component: string, reason: string): string {
  const [, least] = /raise the memory limit to at least (\d+) bytes$/.exec(reason) ?? [];
  if (least !== undefined)
    return (
      `${component} cannot be started: an instance begins with ${Math.ceil(Number(least) / 1024)} KiB of memory, and may have less\n` +
      '  fix: raise memory below [limits], to more than that: it is there for what the app does besides'
    );
  return (
    `${component} cannot be started: ${reason}\n` +
    '  fix: what it does when an instance is made (its start function, the top level of its modules) failed: mend that, and build it again'
  );
}

/** Why a request was not answered, in one word of a closed set: for metrics and traces. */
export function nameFailure(error: unknown): string {
  if (error instanceof PoolBusyError) return 'busy';
  if (error instanceof InstanceStartError) return 'start';
  if (error instanceof HttpFailure) return 'response';
  return isTrap(error) ? error.trap : 'internal';
}

/** A trap or an error in one line, for the log. */
export function describeCause(error: unknown): string {
  if (!isTrap(error)) return firstLine(error);
  const { trap, cause } = error;
  // An app that ends itself does so by a host function; what matters is what that function said.
  if (trap === 'host-error' && cause instanceof Error) {
    return cause.name === 'Exit' ? cause.message : `the host failed: ${firstLine(cause)}`;
  }
  const said = firstLine(error);
  if (said === 'an async export ended without calling task.return')
    return 'it waits for a promise that nothing settles any more. An await needs a call, a timer, or somebody who resolves it';
  return said === trap ? said : `${said} (${trap})`;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

/** How much memory an app asked for, and how much it may have: in KiB, since it asks for as much as it happens to need. */
export function describeMemory(asked: number, most: number): string {
  return `${Math.ceil(asked / 1024)} KiB of memory, and may have ${Math.floor(most / 1024)} KiB (memory below [limits])`;
}

/** A bound that was passed, with the key of the slightfile that sets it: for the log, not for clients. */
export function describeBound(
  key: 'deadline' | 'cpu',
  milliseconds: number | undefined = 0,
  table: 'limits' | 'command' = 'limits',
): string {
  const what = key === 'cpu' ? 'CPU time' : 'deadline';
  return `${what} of ${milliseconds / 1000} s (${key} below [${table}])`;
}
