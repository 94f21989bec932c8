import assert from 'node:assert/strict';
import test from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { encodeSpans } from './otlp.ts';
import { createHostMetrics } from './host-metrics.ts';
import { createCounter, createHistogram } from './metrics.ts';
import { createRecorder } from './recorder.ts';
import { startContext } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import type { Span } from './span.ts';
import type { RequestHead } from './watch.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const all: Sampling = { ratio: 1, parentBased: true };

const head: RequestHead = {
  method: 'GET',
  path: '/orders/7',
  id: 'r1',
  version: '1.1',
  traceparent: undefined,
  tracestate: undefined,
};
const get = {
  capability: 'keyvalue',
  operation: 'get',
  name: 'orders',
  system: 'redis',
  host: 'cache',
  port: 6379,
};

function record(sampling = all) {
  const spans: Span[] = [];
  const recorder = createRecorder({
    traces: { sampling, add: (span) => void spans.push(span) },
    metrics: undefined,
  });
  return { ...recorder, spans };
}

test('a request continues the trace that it came with, and its calls are its children', () => {
  const { watch, calls, spans } = record();
  const request = watch({ ...head, traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'a=b' });
  const observe = calls(() => request);
  observe(get)();
  observe({ ...get, operation: 'set' })(
    new CapabilityError('unavailable', 'redis://u:hunter2@cache is away'),
  );
  request.end(200, 12);
  const [first, second, server] = spans;
  assert.deepEqual(
    spans.map(({ name, kind, failed }) => [name, kind, failed]),
    [
      ['get orders', 3, false],
      ['set orders', 3, true],
      ['GET', 2, false],
    ],
  );
  assert.equal(server!.parentId, parentId);
  assert.ok(spans.every(({ context }) => context.traceId === traceId && context.state === 'a=b'));
  assert.equal(first!.parentId, server!.context.spanId);
  assert.equal(new Set(spans.map(({ context }) => context.spanId)).size, 3);
  assert.deepEqual(Object.fromEntries(second!.attributes), {
    'db.system.name': 'redis',
    'db.operation.name': 'set',
    'db.namespace': 'orders',
    'slight.capability': 'keyvalue',
    'server.address': 'cache',
    'server.port': 6379,
    'error.type': 'unavailable',
  });
  assert.deepEqual(Object.fromEntries(server!.attributes), {
    'http.request.method': 'GET',
    'url.path': '/orders/7',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'http.response.status_code': 200,
    'slight.request.id': 'r1',
  });
});

test('a request that failed says why; methods that nobody knows share one name', () => {
  const { watch, spans } = record();
  const request = watch({ ...head, method: 'BREW' });
  request.fail('cpu');
  request.end(504, 1);
  const attributes = Object.fromEntries(spans[0]!.attributes);
  assert.equal(spans[0]!.name, 'HTTP');
  assert.equal(spans[0]!.failed, true);
  assert.equal(attributes['error.type'], 'cpu');
  assert.equal(attributes['http.request.method'], '_OTHER');
  assert.equal(attributes['http.request.method_original'], 'BREW');
});

test('the app gets the context of its request in place of that of the client', () => {
  const { watch } = record();
  const request = watch({ ...head, traceparent: `00-${traceId}-${parentId}-00`, tracestate: 'a=b' });
  const headers = request.passOn([
    ['accept', '*/*'],
    ['traceparent', 'x'],
    ['tracestate', 'y'],
  ]);
  assert.deepEqual(headers, [
    ['accept', '*/*'],
    ['traceparent', `00-${traceId}-${request.context!.spanId}-00`],
    ['tracestate', 'a=b'],
  ]);
});

test('what is not sampled is not recorded, and still has a context', () => {
  const { watch, calls, spans } = record({ ratio: 0, parentBased: false });
  const request = watch({ ...head, traceparent: `00-${traceId}-${parentId}-01` });
  calls(() => request)(get)();
  request.end(200, 1);
  assert.deepEqual(spans, []);
  assert.equal(request.context!.traceId, traceId);
});

test('a ratio is kept by the ids of traces; a context that came decides where it is asked', () => {
  const sampled = Array.from({ length: 4_000 }, () =>
    startContext(undefined, { ratio: 0.25, parentBased: true }),
  );
  const ratio = sampled.filter((each) => each.sampled).length / 4_000;
  assert.ok(ratio > 0.2 && ratio < 0.3, String(ratio));
  const parent = { traceId, spanId: parentId, sampled: true, state: undefined };
  assert.equal(startContext(parent, { ratio: 0, parentBased: true }).sampled, true);
  assert.equal(startContext(parent, { ratio: 0, parentBased: false }).sampled, false);
  assert.equal(startContext({ ...parent, sampled: false }, all).sampled, false);
});

test('spans are encoded as OTLP wants them', () => {
  const { watch, spans } = record();
  const before = BigInt(Date.now() - 1_000) * 1_000_000n;
  watch(head).end(500, 12.5);
  const source = {
    attributes: [['service.name', 'orders']] as const,
    scope: { name: 'slight', version: '1' },
  };
  const { resourceSpans } = JSON.parse(encodeSpans(source, spans)) as any;
  assert.deepEqual(resourceSpans[0].resource.attributes, [
    { key: 'service.name', value: { stringValue: 'orders' } },
  ]);
  const [span] = resourceSpans[0].scopeSpans[0].spans;
  assert.match(span.traceId, /^[\da-f]{32}$/);
  assert.equal(span.parentSpanId, undefined);
  assert.equal(span.kind, 2);
  assert.deepEqual(span.status, { code: 2 });
  assert.deepEqual(span.attributes.find(({ key }: any) => key === 'http.response.status_code').value, {
    intValue: '500',
  });
  const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
  assert.ok(start > before && end < before + 60_000_000_000n, 'the time is that of the clock');
  const took = Number(end - start) / 1e6;
  assert.ok(Math.abs(took - 12.5) < 0.01, String(took));
});

test('an event whose message is not done is a span that failed, and no failure of the app', () => {
  const failures: unknown[] = [];
  const outcomes: unknown[] = [];
  const spans: Span[] = [];
  const { watchEvent } = createRecorder({
    traces: { sampling: all, add: (span) => void spans.push(span) },
    metrics: {
      ...createHostMetrics(),
      failures: { ...createCounter('', ''), add: (labels) => void failures.push(labels) },
      events: { ...createHistogram('', ''), observe: (labels) => void outcomes.push(labels) },
    },
  });
  watchEvent({ trigger: 'subscription', name: 'mails', id: 'e1', messages: 1 }).end('nack', 2);
  assert.deepEqual(outcomes, [{ trigger: 'subscription', name: 'mails', outcome: 'nack' }]);
  assert.deepEqual(failures, []);
  assert.equal(spans[0]!.failed, true);
  assert.equal(Object.fromEntries(spans[0]!.attributes)['error.type'], 'nack');
});

test('what happens on a held connection is a trace of its own, with a link to the request that it began as', () => {
  const { watch, watchEvent, spans } = record();
  for (const flag of ['01', '00']) {
    const request = watch({ ...head, traceparent: `00-${traceId}-${parentId}-${flag}`, tracestate: 'a=b' });
    watchEvent({ trigger: 'connection', name: 'message', id: 'r1', link: request.context }).end('ok', 1);
    if (flag === '00') break;
    const [span] = spans.splice(0);
    assert.equal(span!.name, 'connection message');
    assert.notEqual(span!.context.traceId, traceId);
    assert.equal(span!.parentId, undefined);
    assert.equal(span!.context.state, undefined);
    const sent = JSON.parse(
      encodeSpans({ attributes: [], scope: { name: 's', version: '1' } }, [span!]),
    ) as any;
    assert.deepEqual(sent.resourceSpans[0].scopeSpans[0].spans[0].links, [
      { traceId, spanId: request.context!.spanId },
    ]);
  }
  assert.deepEqual(spans, [], 'what its sender does not record');
});
