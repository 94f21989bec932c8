import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getTestContext, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createExporter } from './exporter.ts';
import type { ExporterOptions } from './exporter.ts';
import type { Span } from './span.ts';

const span = (name: string): Span => ({
  context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true, state: undefined },
  parentId: undefined,
  name,
  kind: 1,
  start: 0,
  end: 1,
  attributes: [],
  failed: false,
});

/** A collector that answers with these statuses in turn, the last one for ever; 0 is no answer at all. */
async function startCollector(...statuses: number[]) {
  const bodies: string[][] = [];
  const heads: { readonly [name: string]: string | string[] | undefined }[] = [];
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    incoming.on('end', () => {
      const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
      heads.push(incoming.headers);
      bodies.push(JSON.parse(text) as string[]);
      if (status !== 0) outgoing.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  (getTestContext() as TestContext).after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, bodies, heads };
}

function exporterTo(url: string, options: Partial<ExporterOptions> = {}) {
  const troubles: (string | undefined)[] = [];
  const exporter = createExporter({
    url,
    headers: { 'x-key': 'abc' },
    timeout: 2_000,
    queue: 8,
    batch: 4,
    delay: 10,
    pause: 1,
    encode: (spans) => JSON.stringify(spans.map(({ name }) => name)),
    onTrouble: (reason) => troubles.push(reason),
    ...options,
  });
  return { ...exporter, troubles };
}

async function until(ask: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !ask(); await new Promise((next) => setTimeout(next, 5))) {
    assert.ok(performance.now() < end, 'it did not come to that');
  }
}

test('spans are sent together, in order, with the headers, and the rest at the end', async () => {
  const collector = await startCollector(200);
  const exporter = exporterTo(collector.url, { delay: 60_000 });
  for (const name of ['a', 'b', 'c', 'd']) exporter.add(span(name));
  await until(() => collector.bodies.length === 1);
  exporter.add(span('e'));
  await exporter.close(2_000);
  assert.deepEqual(collector.bodies, [['a', 'b', 'c', 'd'], ['e']]);
  assert.deepEqual(exporter.counts(), { sent: 5, dropped: 0, waiting: 0 });
  assert.equal(collector.heads[0]!['x-key'], 'abc');
  assert.equal(collector.heads[0]!['content-type'], 'application/json');
  exporter.add(span('too late'));
  assert.equal(exporter.counts().dropped, 1);
});

test('a collector that is busy is asked again; that is said once, and once that it is over', async () => {
  const collector = await startCollector(503, 429, 200);
  const exporter = exporterTo(collector.url);
  exporter.add(span('a'));
  await until(() => exporter.counts().sent === 1);
  assert.equal(collector.bodies.length, 3);
  assert.deepEqual(exporter.troubles, ['it answered with status 503', undefined]);
  await exporter.close(100);
});

test('what a collector refuses is dropped at once', async () => {
  const collector = await startCollector(400);
  const exporter = exporterTo(collector.url);
  exporter.add(span('a'));
  await until(() => exporter.counts().dropped === 1);
  assert.equal(collector.bodies.length, 1);
  await exporter.close(100);
});

test('while there is no collector a bounded number of spans waits, and the rest is dropped', async () => {
  const exporter = exporterTo('http://127.0.0.1:1/v1/traces', { pause: 60_000 });
  for (let count = 0; count < 1_000; count++) exporter.add(span(`s${count}`));
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 992, waiting: 8 });
  await until(() => exporter.troubles.length === 1);
  assert.match(exporter.troubles[0]!, /ECONNREFUSED/);
  await exporter.close(2_000);
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 1_000, waiting: 0 });
});

test('the end does not wait for a collector that says nothing', async () => {
  const collector = await startCollector(0);
  const exporter = exporterTo(collector.url, { timeout: 60_000 });
  exporter.add(span('a'));
  await until(() => collector.bodies.length === 1);
  exporter.add(span('b'));
  await exporter.close(20);
  assert.equal(exporter.counts().sent, 0);
});
