import { collectProcess } from './host-metrics.ts';
import { counterOf, gauge } from './metrics.ts';
import type { Family } from './metrics.ts';

export { keepCounted, mergeFamilies } from './metrics.ts';
export { printFamilies } from './prometheus.ts';

/** What a supervisor tells of itself and its workers. */
export function collectFleet(fleet: {
  readonly wanted: number;
  readonly serving: number;
  readonly restarts: number;
}): Family[] {
  return [
    gauge('slight_workers', 'Worker processes.', [
      [{ state: 'wanted' }, fleet.wanted],
      [{ state: 'serving' }, fleet.serving],
    ]),
    counterOf('slight_worker_restarts_total', 'Workers that died and were replaced.', fleet.restarts),
    ...collectProcess('supervisor'),
  ];
}
