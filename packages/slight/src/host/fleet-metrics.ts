import type { Family } from '../telemetry/metrics.ts';

/** What one worker has counted. */
export interface WorkerMetrics {
  /** Never given to another worker, as the system does with numbers of processes. */
  readonly id: string;
  readonly pid: number;
  readonly families: readonly Family[];
}

/** What the supervisor counts. */
export interface FleetCounts {
  readonly wanted: number;
  readonly serving: number;
  /** Workers that were started because one had died. */
  readonly restarts: number;
}

/** Adds up what workers count, also those that are gone: a sum that went down would pass for a restart of everything. */
export interface FleetMetrics {
  /** The latest of one worker. */
  hear(latest: WorkerMetrics): void;
  /** The text for Prometheus. @param answers - undefined for a worker that did not answer in time */
  print(answers: readonly (WorkerMetrics | undefined)[], fleet: FleetCounts): Promise<string>;
}

/** @param isAlive - whether a process is there */
export function createFleetMetrics(isAlive = processIsAlive): FleetMetrics {
  const latest = new Map<string, WorkerMetrics>();
  /** Ids of those that are added up in `gone`: their last message may be read after that. */
  const buried = new Set<string>();
  let gone: readonly Family[] = [];

  function hear(worker: WorkerMetrics): void {
    if (!buried.has(worker.id)) latest.set(worker.id, worker);
  }

  return {
    hear,
    async print(answers, counts) {
      // None of it is loaded before metrics are asked for.
      const { collectFleet, keepCounted, mergeFamilies, printFamilies } =
        await import('../telemetry/fleet.ts');
      const heard = new Set<string>();
      for (const answer of answers) {
        if (answer === undefined) continue;
        hear(answer);
        heard.add(answer.id);
      }
      for (const { id, pid, families } of latest.values()) {
        if (heard.has(id) || isAlive(pid)) continue;
        gone = mergeFamilies([gone, keepCounted(families)]);
        latest.delete(id);
        buried.add(id);
      }
      // Of those that are silent, or take no more requests, the counts are what they were.
      const living = [...latest.values()].map(({ id, families }) =>
        heard.has(id) ? families : keepCounted(families),
      );
      return printFamilies(mergeFamilies([collectFleet(counts), gone, ...living]));
    },
  };
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
