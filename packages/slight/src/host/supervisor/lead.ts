import type { WorkerProcess } from './worker-process.ts';

/** What a worker must be able to do to lead. */
export type Leader = Pick<WorkerProcess, 'lead' | 'resigned'>;

/**
 * Has one worker of a host, and no more than one, do what is done once on each host: schedules and watches. The next one begins
 * when the former one has ended what it was at.
 */
export interface Lead<Worker extends Leader> {
  /** It serves. */
  offer(worker: Worker): void;
  /** It serves no longer, and has been told so, or has ended. */
  withdraw(worker: Worker): void;
}

/** @param now - milliseconds since 1970 */
export function createLead<Worker extends Leader>(now = Date.now): Lead<Worker> {
  /** In the order in which they came. */
  const candidates = new Set<Worker>();
  let leader: Worker | undefined;
  let since = now();

  function choose(): void {
    const [first] = candidates;
    if (leader !== undefined || first === undefined) return;
    leader = first;
    first.lead(since);
    void first.resigned.then(() => {
      candidates.delete(first);
      leader = undefined;
      since = now();
      choose();
    });
  }

  return {
    offer(worker) {
      candidates.add(worker);
      choose();
    },
    withdraw(worker) {
      candidates.delete(worker);
    },
  };
}
