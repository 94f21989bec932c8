import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { hideValues, watchOutgoing } from './outgoing.ts';
import type { Span } from './span.ts';

const parent = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  sampled: true,
  state: 'a=b',
};

function watch(context: typeof parent | undefined = parent) {
  const spans: Span[] = [];
  const counts: { readonly [name: string]: string }[] = [];
  const begin = watchOutgoing({
    current: () => context,
    add: (span) => void spans.push(span),
    count: (labels) => void counts.push(labels),
  });
  return { begin, spans, counts };
}

test('a request to another server is a child, and the server is told of it', () => {
  const { begin, spans, counts } = watch();
  const { headers, end } = begin({ method: 'POST', url: new URL('https://api.example.com/a?key=hunter2') });
  end(201);
  const [span] = spans;
  assert.deepEqual(headers, [
    ['traceparent', `00-${parent.traceId}-${span!.context.spanId}-01`],
    ['tracestate', 'a=b'],
  ]);
  assert.notEqual(span!.context.spanId, parent.spanId);
  assert.deepEqual([span!.parentId, span!.kind, span!.name, span!.failed], [parent.spanId, 3, 'POST', false]);
  assert.deepEqual(Object.fromEntries(span!.attributes), {
    'http.request.method': 'POST',
    'url.full': 'https://api.example.com/a?key=***',
    'server.address': 'api.example.com',
    'server.port': 443,
    'http.response.status_code': 201,
  });
  assert.deepEqual(counts, [{ capability: 'outgoing', operation: 'POST', outcome: 'ok' }]);
});

test('what failed says why, and its message is not recorded', () => {
  const { begin, spans, counts } = watch();
  begin({ method: 'GET', url: new URL('http://h:81/') }).end(503);
  begin({ method: 'BREW', url: new URL('http://h:81/') }).end(
    undefined,
    new CapabilityError('timeout', 'hunter2'),
  );
  const attributes = spans.map((span) => Object.fromEntries(span.attributes));
  assert.deepEqual(
    spans.map(({ name, failed }) => [name, failed]),
    [
      ['GET', true],
      ['HTTP', true],
    ],
  );
  assert.deepEqual([attributes[0]!['error.type'], attributes[0]!['server.port']], ['503', 81]);
  assert.deepEqual(
    [attributes[1]!['error.type'], attributes[1]!['http.request.method_original']],
    ['timeout', 'BREW'],
  );
  assert.doesNotMatch(JSON.stringify(spans), /hunter2/);
  assert.deepEqual(counts[1], { capability: 'outgoing', operation: '_OTHER', outcome: 'timeout' });
});

test('what is not sampled is no span; without traces nobody is told', () => {
  const unsampled = watch({ ...parent, sampled: false });
  const { headers, end } = unsampled.begin({ method: 'GET', url: new URL('http://h/') });
  end(200);
  assert.match(headers[0]![1], /-00$/);
  assert.deepEqual([unsampled.spans.length, unsampled.counts.length], [0, 1]);
  const begin = watchOutgoing({
    current: () => undefined,
    add: () => assert.fail('a span without a trace'),
    count: () => undefined,
  });
  const off = begin({ method: 'GET', url: new URL('http://h/') });
  off.end(200);
  assert.deepEqual(off.headers, []);
});

test('a URL is shown without what may be secret', () => {
  const shown = (text: string) => hideValues(new URL(text));
  assert.equal(shown('https://user:pw@h/p?a=1&a=2&b#c'), 'https://h/p?a=***&b=***');
  assert.equal(shown('http://h:81'), 'http://h:81/');
});
