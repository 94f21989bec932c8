import { randomUUID } from 'node:crypto';
import type { ObserveCall } from '../capabilities/core/observe.ts';
import { createExporter } from './exporter.ts';
import { createHostMetrics } from './host-metrics.ts';
import type { BackendPlace, Readings } from './host-metrics.ts';
import type { Family } from './metrics.ts';
import { encodeSpans } from './otlp.ts';
import type { WatchOutgoing } from './outgoing.ts';
import { createRecorder } from './recorder.ts';
import type { TraceSettings } from './settings.ts';
import type { EventHead, EventWatch, RequestHead, RequestWatch } from './watch.ts';

export interface TelemetryOptions {
  readonly traces: TraceSettings | undefined;
  readonly metrics: boolean;
  /** Of the host. */
  readonly version: string;
  warn(message: string): void;
}

/** What a worker tells of itself. */
export interface Telemetry {
  watch(head: RequestHead): RequestWatch;
  watchEvent(head: EventHead): EventWatch;
  countMessages(subscription: string, outcome: string, messages: number): void;
  calls(current: () => Pick<RequestWatch, 'context'> | undefined): ObserveCall;
  requests(current: () => Pick<RequestWatch, 'context'> | undefined): WatchOutgoing;
  /** Whether a backend is left alone for a while. */
  noteBreaker(place: BackendPlace, open: boolean): void;
  /** Nothing where metrics were not asked for. */
  collect(now: Omit<Readings, 'spans'>): Family[];
  /** Delivers what waits, within `bound` milliseconds. */
  close(bound: number): Promise<void>;
}

export function startTelemetry({ traces, metrics, version, warn }: TelemetryOptions): Telemetry {
  const exporter = traces && startExporter(traces, version, warn);
  const numbers = metrics ? createHostMetrics() : undefined;
  const recorder = createRecorder({
    traces: traces && exporter && { sampling: traces.sampling, add: exporter.add },
    metrics: numbers,
  });
  return {
    ...recorder,
    noteBreaker: (place, open) => numbers?.noteBreaker(place, open),
    collect: (now) => numbers?.collect({ ...now, spans: exporter?.counts() }) ?? [],
    close: async (bound) => exporter?.close(bound),
  };
}

function startExporter(traces: TraceSettings, version: string, warn: (message: string) => void) {
  const { host, pathname } = new URL(traces.url);
  const source = {
    attributes: [
      ...traces.resource,
      ['service.instance.id', randomUUID()],
      ['process.pid', process.pid],
    ] as const,
    scope: { name: 'slight', version },
  };
  return createExporter({
    ...traces,
    encode: (spans) => encodeSpans(source, spans),
    onTrouble: (reason) =>
      warn(
        reason === undefined
          ? `traces reach ${host}${pathname} again`
          : `traces do not reach ${host}${pathname}: ${reason}. Requests are served all the same`,
      ),
  });
}
