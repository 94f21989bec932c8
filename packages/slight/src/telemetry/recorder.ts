import type { ObserveCall, Operation } from '../capabilities/core/observe.ts';
import { newSpanId, newTraceId, printTraceparent, readTraceContext } from './context.ts';
import type { TraceContext } from './context.ts';
import type { HostMetrics } from './host-metrics.ts';
import { codeOf, nameMethod } from './names.ts';
import { watchOutgoing } from './outgoing.ts';
import type { WatchOutgoing } from './outgoing.ts';
import { startContext } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import { spanKind } from './span.ts';
import type { Attributes, Span } from './span.ts';
import type { EventHead, EventWatch, RequestHead, RequestWatch } from './watch.ts';

export interface RecorderOptions {
  readonly traces: { readonly sampling: Sampling; add(span: Span): void } | undefined;
  readonly metrics: Pick<HostMetrics, 'requests' | 'events' | 'messages' | 'failures' | 'calls'> | undefined;
}

/** Makes spans and numbers of what the host does. */
export interface Recorder {
  watch(head: RequestHead): RequestWatch;
  watchEvent(head: EventHead): EventWatch;
  /** So many messages of a subscription came to this end. */
  countMessages(subscription: string, outcome: string, messages: number): void;
  /** For the calls of one instance; `current` is what it serves. */
  calls(current: () => Pick<RequestWatch, 'context'> | undefined): ObserveCall;
  /** For what one instance asks of other servers. */
  requests(current: () => Pick<RequestWatch, 'context'> | undefined): WatchOutgoing;
}

export function createRecorder({ traces, metrics }: RecorderOptions): Recorder {
  function watch(head: RequestHead): RequestWatch {
    const parent = traces && readTraceContext(head.traceparent, head.tracestate);
    const context = traces && startContext(parent, traces.sampling);
    const method = nameMethod(head.method);
    let failure: string | undefined;
    return {
      context,
      passOn: (headers) => passOn(context, headers),
      fail(reason) {
        failure = reason;
        metrics?.failures.add({ reason });
      },
      end(status, milliseconds) {
        metrics?.requests.observe({ method, status: `${Math.floor(status / 100)}xx` }, milliseconds / 1_000);
        if (!context?.sampled) return;
        const end = performance.now();
        traces!.add({
          context,
          parentId: parent?.spanId,
          name: method === '_OTHER' ? 'HTTP' : method,
          kind: spanKind.server,
          start: end - milliseconds,
          end,
          attributes: describeRequest(head, method, status, failure),
          failed: status >= 500,
        });
      },
    };
  }

  function watchEvent(head: EventHead): EventWatch {
    const { trigger, name, link } = head;
    const parent = traces && readTraceContext(head.traceparent, head.tracestate);
    const context = link ? beginBeside(link) : traces && startContext(parent, traces.sampling);
    return {
      context,
      passOn: (headers) => passOn(context, headers),
      fail: (reason) => metrics?.failures.add({ reason }),
      end(outcome, milliseconds) {
        metrics?.events.observe({ trigger, name, outcome }, milliseconds / 1_000);
        if (!context?.sampled) return;
        const end = performance.now();
        traces!.add({
          context,
          parentId: parent?.spanId,
          link,
          name: `${trigger} ${name}`,
          kind: trigger === 'subscription' ? spanKind.consumer : spanKind.internal,
          start: end - milliseconds,
          end,
          attributes: describeEvent(head, outcome),
          failed: outcome !== 'ok',
        });
      },
    };
  }

  function calls(current: () => Pick<RequestWatch, 'context'> | undefined): ObserveCall {
    return (operation) => {
      const start = performance.now();
      // Read now: the instance may serve another request when the answer comes.
      const parent = current()?.context;
      return (error) => {
        const end = performance.now();
        const outcome = error === undefined ? 'ok' : codeOf(error);
        metrics?.calls.observe(
          { capability: operation.capability, operation: operation.operation, outcome },
          (end - start) / 1_000,
        );
        if (parent?.sampled) traces?.add(describeCall(operation, parent, start, end, outcome));
      };
    };
  }

  function countMessages(subscription: string, outcome: string, messages: number): void {
    metrics?.messages.add({ subscription, outcome }, messages);
  }

  function requests(current: () => Pick<RequestWatch, 'context'> | undefined): WatchOutgoing {
    return watchOutgoing({
      current: () => current()?.context,
      add: (span) => traces?.add(span),
      count: (labels, seconds) => metrics?.calls.observe(labels, seconds),
    });
  }

  return { watch, watchEvent, countMessages, calls, requests };
}

/** A trace of its own, which is recorded where that one is. */
function beginBeside({ sampled }: TraceContext): TraceContext {
  return { traceId: newTraceId(), spanId: newSpanId(), sampled, state: undefined };
}

/** Headers with the context of what happens here in place of the sender's. */
function passOn(context: TraceContext | undefined, headers: [string, string][]): [string, string][] {
  if (context === undefined) return headers;
  const others = headers.filter(([name]) => !/^trace(parent|state)$/i.test(name));
  others.push(['traceparent', printTraceparent(context)]);
  if (context.state !== undefined) others.push(['tracestate', context.state]);
  return others;
}

function describeRequest(
  { method, path, id, version }: RequestHead,
  known: string,
  status: number,
  failure: string | undefined,
): Attributes {
  const attributes: [string, string | number][] = [
    ['http.request.method', known],
    ['url.path', path],
    ['url.scheme', 'http'],
    ['network.protocol.version', version],
    ['http.response.status_code', status],
    ['slight.request.id', id],
  ];
  if (known !== method) attributes.push(['http.request.method_original', method.slice(0, 32)]);
  if (failure !== undefined || status >= 500) attributes.push(['error.type', failure ?? String(status)]);
  return attributes;
}

function describeEvent({ trigger, name, id, messages }: EventHead, outcome: string): Attributes {
  const attributes: [string, string | number][] = [
    ['slight.trigger', trigger],
    ['slight.trigger.name', name],
    ['slight.request.id', id],
  ];
  if (messages !== undefined) {
    attributes.push(['messaging.operation.type', 'process'], ['messaging.batch.message_count', messages]);
  }
  if (outcome !== 'ok') attributes.push(['error.type', outcome]);
  return attributes;
}

function describeCall(
  { capability, operation, name, system, host, port }: Operation,
  parent: TraceContext,
  start: number,
  end: number,
  outcome: string,
): Span {
  const attributes: [string, string | number][] = [
    ['db.system.name', system],
    ['db.operation.name', operation],
    ['db.namespace', name],
    ['slight.capability', capability],
  ];
  if (host !== undefined) attributes.push(['server.address', host]);
  if (port !== undefined) attributes.push(['server.port', port]);
  if (outcome !== 'ok') attributes.push(['error.type', outcome]);
  return {
    context: { ...parent, spanId: newSpanId() },
    parentId: parent.spanId,
    name: `${operation} ${name}`,
    kind: host === undefined ? spanKind.internal : spanKind.client,
    start,
    end,
    attributes,
    failed: outcome !== 'ok',
  };
}
