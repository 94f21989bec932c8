import { monitorEventLoopDelay } from 'node:perf_hooks';
import { counterOf, createCounter, createHistogram, gauge } from './metrics.ts';
import type { Counter, Family, Histogram, Labels } from './metrics.ts';

/** What one worker counts. */
export interface HostMetrics {
  readonly requests: Histogram;
  readonly events: Histogram;
  readonly messages: Counter;
  readonly failures: Counter;
  readonly calls: Histogram;
  /** Whether a backend is left alone for a while, from now on. */
  noteBreaker(place: BackendPlace, open: boolean): void;
  collect(now: Readings): Family[];
}

/** A bind of the slightfile. */
export interface BackendPlace {
  readonly capability: string;
  readonly name: string;
}

/** What is read at the moment when it is asked for. */
export interface Readings {
  readonly instances: { readonly [state: string]: number };
  readonly waiting: number;
  /** Requests under way. */
  readonly active: number;
  /** Open connections that the host keeps for the app. */
  readonly held: number;
  readonly spans?: { readonly sent: number; readonly dropped: number; readonly waiting: number } | undefined;
}

export function createHostMetrics(): HostMetrics {
  const requests = createHistogram(
    'slight_http_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
  );
  const events = createHistogram(
    'slight_event_duration_seconds',
    'Time of a call of the app for a schedule, a watch, a subscription or a connection that is held. The outcome is ok, nack or dead where messages are not done, or why it failed.',
  );
  const messages = createCounter(
    'slight_messages_total',
    'Messages by what became of them: ack, reply, nack, dead, release, or lost where the backend could not be told.',
  );
  const failures = createCounter(
    'slight_request_failures_total',
    'Requests and events that the app did not answer: busy (no instance was free in time), or why it was ended.',
  );
  const calls = createHistogram(
    'slight_capability_call_duration_seconds',
    'Time of a call to a capability, repetitions included. The outcome is ok or the code of the error.',
  );
  const breakers = new Map<string, readonly [Labels, number]>();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();

  return {
    requests,
    events,
    messages,
    failures,
    calls,
    noteBreaker({ capability, name }, open) {
      breakers.set(`${capability} ${name}`, [{ capability, name }, open ? 1 : 0]);
    },
    collect(now) {
      const states = Object.entries(now.instances).map(([state, count]) => [{ state }, count] as const);
      const slowest = [
        [{ quantile: '0.5' }, delay.percentile(50) / 1e9],
        [{ quantile: '0.99' }, delay.percentile(99) / 1e9],
        [{ quantile: '1' }, delay.max / 1e9],
      ] as const;
      delay.reset();
      return [
        requests.collect(),
        gauge('slight_http_requests_active', 'Requests under way.', [[{}, now.active]]),
        events.collect(),
        messages.collect(),
        failures.collect(),
        gauge('slight_instances', 'Instances of the app by state.', states),
        gauge('slight_requests_waiting', 'Requests that wait for an instance.', [[{}, now.waiting]]),
        gauge('slight_connections_held', 'Connections that the host keeps open for the app.', [
          [{}, now.held],
        ]),
        calls.collect(),
        gauge(
          'slight_breaker_open',
          'Workers that leave a backend alone for a while, since it was away time and again.',
          [...breakers.values()],
        ),
        ...collectProcess('worker'),
        gauge(
          'slight_event_loop_delay_seconds',
          'How late the event loop was since the last reading, in the worker that was latest.',
          slowest,
          'max',
        ),
        ...(now.spans === undefined ? [] : collectSpans(now.spans)),
      ];
    },
  };
}

/** What a process takes of its machine. */
export function collectProcess(role: 'worker' | 'supervisor'): Family[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  return [
    gauge('slight_memory_bytes', 'Memory of the processes.', [
      [{ process: role, kind: 'resident' }, rss],
      [{ process: role, kind: 'heap' }, heapUsed],
      [{ process: role, kind: 'external' }, external],
    ]),
  ];
}

function collectSpans({ sent, dropped, waiting }: NonNullable<Readings['spans']>): Family[] {
  return [
    counterOf('slight_spans_sent_total', 'Spans that the collector took.', sent),
    counterOf(
      'slight_spans_dropped_total',
      'Spans that were given up: the collector was away or too slow.',
      dropped,
    ),
    gauge('slight_spans_waiting', 'Spans on their way.', [[{}, waiting]]),
  ];
}
