import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { readMetrics, startCollector } from './collector.ts';
import type { Collector, Metrics, ReceivedSpan } from './collector.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from './slight.ts';
import type { Served } from './slight.ts';

let component: Uint8Array;
before(async () => {
  component = await buildScriptGuest();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerId = '00f067aa0ba902b7';
const traced = { traceparent: `00-${traceId}-${callerId}-01`, tracestate: 'vendor=x' };
/** Spans leave at once, and a delivery that failed is forgotten soon. */
const hurry = { OTEL_BSP_SCHEDULE_DELAY: '0' };

interface Line {
  readonly level: string;
  readonly source: string;
  readonly message: string;
  readonly time: string;
  readonly request_id?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly status?: number;
  readonly duration_ms?: number;
}

async function serve(telemetry: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
notes = "sqlite"
[limits]
cpu = "400ms"
${telemetry}`;
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  return await serveApp(folder, ['--health', '127.0.0.1:0', ...args], { ...hurry, ...env });
}

async function collect(t: TestContext): Promise<Collector> {
  const collector = await startCollector();
  t.after(() => collector.close());
  return collector;
}

async function scrape(app: Served): Promise<Metrics> {
  const answer = await fetch(new URL('/metrics', app.health));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return readMetrics(await answer.text());
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

function find(spans: readonly ReceivedSpan[], name: string, request: string): ReceivedSpan {
  const server = spans.find((span) => span.attributes['slight.request.id'] === request);
  assert.ok(server, `no span of request ${request}`);
  if (name === server.name) return server;
  const span = spans.find((each) => each.name === name && each.parentSpanId === server.spanId);
  assert.ok(span, `no span ${name} below request ${request}`);
  return span;
}

test('a request is one trace: the caller, the host, the calls of the app, and the log', async (t) => {
  const collector = await collect(t);
  const app = await serve(`[telemetry]\ntraces = "${collector.url}"\nservice = "orders"\n`, [
    '--log-format',
    'json',
  ]);
  const headers = { ...traced, 'x-request-id': 'first' };
  const body = 'a secret value';
  assert.equal(
    (await app.get('/notes/hidden-key?token=hidden', { method: 'PUT', body, headers })).status,
    200,
  );
  // What the app passes on to whomever it calls.
  const seen = (await app.get('/header/traceparent', { headers: { ...traced, 'x-request-id': 'second' } }))
    .body;
  const state = (await app.get('/header/tracestate', { headers: { ...traced, 'x-request-id': 'third' } }))
    .body;
  assert.equal((await app.get('/loop', { headers: { 'x-request-id': 'looping' } })).status, 504);
  const unsampled = { traceparent: `00-${traceId}-${callerId}-00`, 'x-request-id': 'unsampled' };
  assert.match((await app.get('/header/traceparent', { headers: unsampled })).body, /-00$/);
  const broken = { traceparent: `00-${traceId}-zz-01`, 'x-request-id': 'broken' };
  await app.get('/', { headers: broken });
  const { code, stderr } = await app.stop();
  assert.equal(code, 0);

  const { spans } = collector;
  const first = find(spans, 'PUT', 'first');
  assert.equal(first.traceId, traceId);
  assert.equal(first.parentSpanId, callerId);
  assert.equal(first.traceState, 'vendor=x');
  assert.equal(first.kind, 2);
  assert.equal(first.failed, false);
  assert.equal(first.resource['service.name'], 'orders');
  assert.deepEqual(
    [
      first.attributes['http.request.method'],
      first.attributes['url.path'],
      first.attributes['http.response.status_code'],
    ],
    ['PUT', '/notes/hidden-key', 200],
  );
  const call = find(spans, 'set notes', 'first');
  assert.equal(call.traceId, traceId);
  assert.deepEqual(
    [
      call.attributes['db.system.name'],
      call.attributes['db.operation.name'],
      call.attributes['db.namespace'],
    ],
    ['sqlite', 'set', 'notes'],
  );
  assert.ok(first.start <= call.start && call.start <= call.end && call.end <= first.end);

  const second = find(spans, 'GET', 'second');
  assert.equal(seen, `00-${traceId}-${second.spanId}-01`);
  assert.equal(state, 'vendor=x');
  const looping = find(spans, 'GET', 'looping');
  assert.equal(looping.parentSpanId, undefined);
  assert.equal(looping.failed, true);
  assert.equal(looping.attributes['error.type'], 'cpu');
  assert.ok(!spans.some((span) => span.attributes['slight.request.id'] === 'unsampled'));
  const renewed = find(spans, 'GET', 'broken');
  assert.notEqual(renewed.traceId, traceId);
  assert.equal(renewed.parentSpanId, undefined);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  assert.doesNotMatch(collector.text(), /secret value|token|=hidden/);

  const lines = linesOf(stderr);
  const access = lines.find((line) => line.source === 'http' && line.request_id === 'first')!;
  assert.deepEqual([access.trace_id, access.span_id, access.status], [traceId, first.spanId, 200]);
  assert.ok(access.duration_ms! > 0);
  const failure = lines.find((line) => line.level === 'error' && line.request_id === 'looping')!;
  assert.equal(failure.trace_id, looping.traceId);
});

test('JSON logs: one object a line, whatever the app prints, and each with its request', async () => {
  const app = await serve('[log]\nformat = "json"\n');
  await app.get('/print', { headers: { 'x-request-id': 'printing' } });
  await app.get('/throw', { headers: { 'x-request-id': 'throwing' } });
  const { stderr } = await app.stop();
  const lines = linesOf(stderr);
  for (const { time, level, message } of lines) {
    assert.equal(new Date(time).toISOString(), time);
    assert.match(level, /^(trace|debug|info|warn|error|critical)$/);
    assert.equal(typeof message, 'string');
  }
  const said = lines.filter((line) => line.source === 'app' && line.request_id === 'printing');
  assert.match(said.map(({ message }) => message).join(), /printed.*in two lines.*complained/s);
  const thrown = lines.filter((line) => line.request_id === 'throwing');
  assert.ok(thrown.some((line) => line.source === 'app' && line.message.includes('thrown on purpose')));
  assert.ok(thrown.some((line) => line.source === 'http' && line.status === 500));
});

test('metrics count every request, and no sum goes down when a worker dies', async () => {
  const app = await serve('[telemetry]\nmetrics = true\n', ['--workers', '2']);
  await waitUntil('both serve', async () => (await scrape(app)).get('slight_workers{state="serving"}') === 2);
  const closing = { connection: 'close' };
  for (let round = 0; round < 10; round++) await app.get('/notes/a', { headers: closing });
  for (let round = 0; round < 2; round++) await app.get('/loop', { headers: closing });
  const count = 'slight_http_request_duration_seconds_count{method="GET",status="2xx"}';
  const failures = 'slight_request_failures_total{reason="cpu"}';
  const calls =
    'slight_capability_call_duration_seconds_count{capability="keyvalue",operation="get",outcome="ok"}';
  // A request counts when its answer has left, which its client may see a little earlier.
  await waitUntil('all are counted', async () => {
    const now = await scrape(app);
    return now.get(count) === 10 && now.get(failures) === 2;
  });
  const metrics = await scrape(app);
  assert.equal(metrics.get(calls), 10);
  assert.equal(metrics.get('slight_http_request_duration_seconds_count{method="GET",status="5xx"}'), 2);
  assert.equal(metrics.get('slight_worker_restarts_total'), 0);
  for (const kind of ['resident', 'heap', 'external']) {
    assert.ok(metrics.get(`slight_memory_bytes{process="worker",kind="${kind}"}`)! > 0);
  }
  assertBuckets(metrics, 'slight_http_request_duration_seconds', 'method="GET",status="2xx"', 10);

  for (const worker of await app.workers()) process.kill(worker, 'SIGKILL');
  await waitUntil('others serve', async () => {
    const now = await scrape(app);
    return now.get('slight_worker_restarts_total') === 2 && now.get('slight_workers{state="serving"}') === 2;
  });
  await app.get('/notes/a', { headers: closing });
  await waitUntil('that one is counted, on top', async () => (await scrape(app)).get(count) === 11);
  assert.equal((await app.stop()).code, 0);
});

/** Buckets are cumulative, and the last one holds all. */
function assertBuckets(metrics: Metrics, name: string, labels: string, count: number): void {
  const buckets = [...metrics].filter(([key]) => key.startsWith(`${name}_bucket{${labels},le=`));
  const values = buckets.map(([, value]) => value);
  assert.ok(buckets.length > 10);
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
  );
  assert.equal(values.at(-1), count);
  assert.match(buckets.at(-1)![0], /le="\+Inf"/);
  assert.ok(metrics.get(`${name}_sum{${labels}}`)! > 0);
}

test('while the collector is away requests are served; that is told once, and its credentials never', async (t) => {
  const collector = await collect(t);
  collector.answer(400);
  const app = await serve(
    `[telemetry]\ntraces = "${collector.url.replace('//', '//user:hunter2@')}"\nmetrics = true\n`,
    [],
    { OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=hunter3' },
  );
  const dropped = async () => (await scrape(app)).get('slight_spans_dropped_total');
  assert.equal((await app.get('/notes/a')).status, 200);
  await waitUntil('spans are dropped', async () => ((await dropped()) ?? 0) > 0);
  assert.equal((await app.get('/notes/a')).status, 200);
  assert.equal(collector.spans.length, 0);
  collector.answer(200);
  await waitUntil('spans come', async () => {
    await app.get('/notes/a');
    return collector.spans.length > 0;
  });
  assert.equal(collector.headers()['x-api-key'], 'hunter3');
  const { stderr } = await app.stop();
  assert.equal(stderr.split('traces do not reach').length, 2, stderr);
  assert.match(stderr, /traces do not reach 127\.0\.0\.1:\d+\/v1\/traces: it answered with status 400/);
  assert.match(stderr, /traces reach .* again/);
  assert.doesNotMatch(stderr, /hunter/);
});

test('readiness says which backend does not answer; health is that of the app', async () => {
  const app = await serve('');
  const ask = async (path: string) => {
    const answer = await fetch(new URL(path, app.health));
    return { status: answer.status, said: (await answer.json()) as { [name: string]: unknown } };
  };
  const ready = await ask('/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(ready.said, {
    ok: true,
    state: 'serving',
    backends: [{ capability: 'keyvalue', name: 'notes', where: 'sqlite', ok: true }],
  });
  assert.equal((await ask('/healthz')).status, 200);
  await app.stop();

  const bind = 'redis://user:hunter2@127.0.0.1:1';
  const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\nstart = "degraded"\n[keyvalue]\nnotes = "${bind}"\n`;
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const degraded = await serveApp(folder, ['--health', '127.0.0.1:0']);
  const answer = await fetch(new URL('/readyz', degraded.health));
  assert.equal(answer.status, 503);
  const text = await answer.text();
  assert.match(text, /"where":"redis:\/\/127\.0\.0\.1:1","ok":false,"error":\{"code":"unavailable"/);
  assert.doesNotMatch(text, /hunter2/);
  await degraded.stop();
});

test('nothing of it is on by itself', async (t) => {
  const collector = await collect(t);
  for (const [telemetry, env] of [
    ['', {}],
    [`[telemetry]\ntraces = "${collector.url}"\n`, { OTEL_SDK_DISABLED: 'true' }],
  ] as const) {
    const app = await serve(telemetry, [], env);
    const metrics = await fetch(new URL('/metrics', app.health));
    assert.equal(metrics.status, 404);
    await metrics.text();
    // The app sees what its client sent, not a context of the host's.
    assert.equal((await app.get('/header/traceparent', { headers: traced })).body, traced.traceparent);
    assert.equal((await app.get('/header/traceparent')).body, 'none');
    await app.stop();
  }
  assert.deepEqual(collector.spans, []);
});

test('metrics without an address to answer them on are refused', async () => {
  const slightfile = '[app]\ncomponent = "app.wasm"\n[telemetry]\nmetrics = true\n';
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': `specversion = "0.3"\n${slightfile}`,
  });
  const { code, stderr } = await runCommand(folder, ['run']);
  assert.equal(code, 1);
  assert.match(stderr, /there is none\n {2}fix: add health = /);
});
