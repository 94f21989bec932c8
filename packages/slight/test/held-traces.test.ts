import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetrics, startCollector } from './collector.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, serveApp, waitUntil } from './slight.ts';
import { subscribe } from './subscriber.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traced = (flag: string) => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-${flag}` });

test('what happens on held connections is traced, with a link to the request, and counted', async (t) => {
  const component = await buildScriptGuest('live');
  const collector = await startCollector();
  t.after(() => collector.close());
  const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[limits]
cpu = "400ms"
[telemetry]
traces = "${collector.url}"
metrics = true
`;
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = await serveApp(folder, ['--health', '127.0.0.1:0'], { OTEL_BSP_SCHEDULE_DELAY: '0' });
  const scrape = async () => readMetrics(await (await fetch(new URL('/metrics', app.health))).text());

  const socket = await subscribe(`${app.url}/sockets/a?name=Ada`, 'websocket', {
    ...traced('01'),
    'x-request-id': 'recorded',
  });
  const other = await subscribe(`${app.url}/events/a`, 'event-stream', {
    ...traced('00'),
    'x-request-id': 'unrecorded',
  });
  await waitUntil('both are held', async () => (await scrape()).get('slight_connections_held') === 2);
  socket.send('hello');
  await waitUntil('it is heard', () => other.received.includes('Ada: hello'));
  socket.send('throw');
  await waitUntil('it is closed', () => socket.closed);
  await waitUntil('that is over', async () => {
    const metrics = await scrape();
    const count = (name: string, outcome: string) =>
      metrics.get(
        `slight_event_duration_seconds_count{trigger="connection",name="${name}",outcome="${outcome}"}`,
      );
    return (
      count('open', 'ok') === 2 &&
      count('message', 'ok') === 1 &&
      count('message', 'error') === 1 &&
      count('close', 'ok') === 1
    );
  });
  other.socket.destroy();
  await app.stop();

  const events = collector.spans.filter(({ attributes }) => attributes['slight.trigger'] === 'connection');
  const request = collector.spans.find(
    ({ name, attributes }) => name === 'GET' && attributes['slight.request.id'] === 'recorded',
  )!;
  assert.equal(request.traceId, traceId);
  assert.deepEqual(
    events.map(({ name, failed, attributes }) => [name, failed, attributes['error.type']]),
    [
      ['connection open', false, undefined],
      ['connection message', false, undefined],
      ['connection message', true, 'error'],
      ['connection close', false, undefined],
    ],
  );
  for (const { attributes, links, parentSpanId } of events) {
    assert.equal(attributes['slight.request.id'], 'recorded');
    assert.deepEqual(links, [{ traceId, spanId: request.spanId }]);
    assert.equal(parentSpanId, undefined);
  }
  assert.equal(new Set([...events, request].map((span) => span.traceId)).size, 5, 'a trace each');
});
