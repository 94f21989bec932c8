import type { Health } from '../triggers/health.ts';

/** How many instances there are in which state, and requests that wait for one. */
export interface InstanceCounts {
  readonly ready: number;
  readonly starting: number;
  readonly busy: number;
  readonly waiting: number;
}

/** What one worker answers to `health`. */
export interface WorkerHealth {
  /** Backends that do not answer yet. */
  readonly failures: readonly string[];
  readonly instances: InstanceCounts;
}

/**
 * The health of an app from that of its workers.
 * @param answers - of those that serve; undefined for one that did not answer in time
 */
export function summarizeHealth(
  answers: readonly (WorkerHealth | undefined)[],
  wanted: number,
  stopping: boolean,
): Health {
  const heard = answers.filter((answer) => answer !== undefined);
  const failures = [...new Set(heard.flatMap((answer) => answer.failures))];
  const sum = (key: keyof InstanceCounts) =>
    heard.reduce((total, { instances }) => total + instances[key], 0);
  return {
    ok: !stopping && heard.length > 0 && failures.length === 0,
    stopping,
    failures,
    workers: { wanted, serving: answers.length, silent: answers.length - heard.length },
    instances: {
      ready: sum('ready'),
      starting: sum('starting'),
      busy: sum('busy'),
      waiting: sum('waiting'),
    },
  };
}
