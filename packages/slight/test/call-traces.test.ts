import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startCollector } from './collector.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, serveApp, type Served } from './slight.ts';

/** Serves a guest, and says afterwards which spans lie below the request with an id. */
async function trace(
  t: TestContext,
  guest: string,
  tables: string,
  work: (app: Served) => Promise<void>,
): Promise<(id: string) => string[]> {
  const collector = await startCollector();
  t.after(() => collector.close());
  const folder = await appFolder({
    'app.wasm': await buildScriptGuest(guest),
    'slightfile.toml': `specversion = "0.3"
[app]
component = "app.wasm"
[telemetry]
traces = "${collector.url}"
${tables}`,
  });
  const app = await serveApp(folder, [], { OTEL_BSP_SCHEDULE_DELAY: '0' });
  await work(app);
  await app.stop();
  return (id) => {
    const request = collector.spans.find(({ attributes }) => attributes['slight.request.id'] === id);
    assert.ok(request, `no span of request ${id}`);
    return collector.spans
      .filter(({ parentSpanId }) => parentSpanId === request.spanId)
      .toSorted((a, b) => Number(a.start - b.start))
      .map(({ name, failed }) => `${name}${failed ? ' failed' : ''}`);
  };
}

const post = (app: Served, path: string, id: string) =>
  app.get(path, { method: 'POST', headers: { 'x-request-id': id } });

void test('a transaction, its end, and rows that are fetched are below their request', async (t) => {
  const spansOf = await trace(t, 'sql', '[sql]\nshop = "sqlite"\nother = "sqlite"\n', async (app) => {
    await post(app, '/setup', 'setup');
    await post(app, '/transaction/throw', 'undone');
    await post(app, '/transaction/twice', 'twice');
    await post(app, '/transaction/commit', 'committed');
    for (const rows of [1, 9_999])
      await app.get(`/count/${rows}`, { headers: { 'x-request-id': `rows-${rows}` } });
  });
  assert.deepEqual(spansOf('committed'), [
    'begin shop',
    'transaction.execute shop',
    'transaction.commit shop',
  ]);
  assert.deepEqual(spansOf('undone'), [
    'begin shop',
    'transaction.execute shop',
    'transaction.rollback shop',
  ]);
  assert.deepEqual(spansOf('twice'), [
    'begin shop',
    'transaction.execute shop',
    'transaction.execute shop failed',
    'transaction.rollback shop',
  ]);
  assert.deepEqual(spansOf('rows-1'), ['query shop'], 'its page came with the answer');
  const fetched = spansOf('rows-9999');
  assert.equal(fetched.shift(), 'query shop');
  assert.ok(fetched.length > 1 && fetched.every((name) => name === 'rows.next shop'), String(fetched));
});

void test('what a subscription receives and answers is below its request', async (t) => {
  const tables =
    '[keyvalue]\nruns = "sqlite"\n[messaging]\nevents = "sqlite"\njobs = { bind = "sqlite", queue = true }\n';
  const spansOf = await trace(t, 'messaging', tables, async (app) => {
    await post(app, '/publish/jobs/work', 'published');
    await app.get('/jobs', { headers: { 'x-request-id': 'received' } });
  });
  assert.deepEqual(spansOf('published'), ['publish jobs']);
  assert.deepEqual(
    spansOf('received').filter((name) => name !== 'groups jobs'),
    ['receive jobs', 'ack jobs'],
  );
});

void test('what a lease is renewed and released by is below its request', async (t) => {
  const tables = '[keyvalue]\nnotes = "sqlite"\n[locks]\njobs = "sqlite"\n';
  const spansOf = await trace(t, 'locks', tables, async (app) => {
    await post(app, '/sleep/report/1000', 'held');
  });
  const [first, ...others] = spansOf('held');
  assert.equal(first, 'acquire jobs');
  assert.equal(others.pop(), 'release jobs');
  assert.deepEqual(new Set(others), new Set(['renew jobs']));
});
