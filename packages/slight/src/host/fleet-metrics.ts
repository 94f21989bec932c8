import type { Family } from '../telemetry/metrics.ts';

/** What one worker has counted. */
export interface WorkerMetrics {
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
  /** It has ended. */
  bury(pid: number): Promise<void>;
  /** The text for Prometheus. @param answers - undefined for a worker that did not answer in time */
  print(answers: readonly (WorkerMetrics | undefined)[], fleet: FleetCounts): Promise<string>;
}

// None of it is loaded before metrics are asked for.
const load = () => import('../telemetry/fleet.ts');

export function createFleetMetrics(): FleetMetrics {
  const latest = new Map<number, readonly Family[]>();
  let gone: readonly Family[] = [];

  function hear({ pid, families }: WorkerMetrics): void {
    latest.set(pid, families);
  }

  return {
    hear,
    async bury(pid) {
      const last = latest.get(pid);
      latest.delete(pid);
      if (last === undefined) return;
      const { keepCounted, mergeFamilies } = await load();
      gone = mergeFamilies([gone, keepCounted(last)]);
    },
    async print(answers, fleet) {
      const { collectFleet, keepCounted, mergeFamilies, printFamilies } = await load();
      const heard = new Set<number>();
      for (const answer of answers) {
        if (answer === undefined) continue;
        hear(answer);
        heard.add(answer.pid);
      }
      // Of those that are silent, or take no more requests, the counts are what they were.
      const families = [...latest].map(([pid, last]) => (heard.has(pid) ? last : keepCounted(last)));
      return printFamilies(mergeFamilies([collectFleet(fleet), gone, ...families]));
    },
  };
}
