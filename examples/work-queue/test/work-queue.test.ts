import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { openCapability } from '../../../packages/slight/src/capabilities/core/open.ts';
import { appFolder, serveApp, waitUntil } from '../../../packages/slight/test/slight.ts';
import type { Served } from '../../../packages/slight/test/slight.ts';
import { buildScript } from '../../../test/guests/kept.ts';
import type { Job, Report } from '../src/job.ts';

const app = join(import.meta.dirname, '..');
let component: Uint8Array;
before(async () => {
  // The test of portability builds it as its author would, types and all.
  component = (await buildScript(join(app, 'src', 'app.ts'))).component;
});

/** The app's folder; leases and reports are shorter, so that a test need not wait for them. */
async function layOut(): Promise<string> {
  let slightfile = await readFile(join(app, 'slightfile.toml'), 'utf8');
  for (const [usual, short] of [
    ['lease = "5s"', 'lease = "1s"'],
    ['backoff = "500ms"', 'backoff = "20ms"'],
    ['every = "2s"', 'every = "200ms"'],
  ] as const) {
    assert.ok(slightfile.includes(usual), `the slightfile has no ${usual}`);
    slightfile = slightfile.replace(usual, short);
  }
  return await appFolder({ 'slightfile.toml': slightfile, 'dist/work-queue.wasm': component });
}

/** What the app stored, as somebody sees it who looks after it. */
async function lookInto(folder: string) {
  const around = { dataDir: join(folder, '.slight'), timeout: 10_000 };
  const work = await openCapability(
    'messaging',
    { name: 'work', bind: 'sqlite', config: { queue: true, attempts: 3 } },
    around,
  );
  const store = await openCapability('keyvalue', { name: 'jobs', bind: 'sqlite', config: {} }, around);
  return {
    letters: async () =>
      (await work.deadLetters('queue')).letters.map(({ body, reason }) => ({
        id: (JSON.parse(Buffer.from(body).toString()) as { id: string }).id,
        reason,
      })),
    /** How often each report was written. */
    async reports(): Promise<string[]> {
      const counts: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await store.keys({
          prefix: 'reports/',
          limit: 1_000,
          ...(cursor !== undefined && { cursor }),
        });
        for (const key of page.keys) counts.push(Buffer.from((await store.get(key))!).toString());
        if (page.cursor === undefined) return counts;
        cursor = page.cursor;
      }
    },
    async close() {
      await work.close();
      await store.close();
    },
  };
}

async function post(host: Served, numbers: readonly number[], pauseMs = 0): Promise<string> {
  const { status, body } = await host.get('/jobs', {
    method: 'POST',
    body: JSON.stringify({ numbers, pauseMs }),
  });
  assert.equal(status, 202, body);
  return (JSON.parse(body) as { id: string }).id;
}

async function read(host: Served, id: string): Promise<Job> {
  const { status, body } = await host.get(`/jobs/${id}`);
  assert.equal(status, 200, body);
  return JSON.parse(body) as Job;
}

const isDone = async (host: Served, id: string) => (await read(host, id)).state === 'done';
const reportOf = async (host: Served) => JSON.parse((await host.get('/report')).body) as Report | null;

/** At once, without a word to anybody. */
async function kill(host: Served): Promise<void> {
  process.kill(await host.worker(), 'SIGKILL');
  await host.stop('SIGKILL');
}

test('a job is done, a poisonous one is put aside, and the leader reports', async () => {
  const folder = await layOut();
  const host = await serveApp(folder);
  const poison = await post(host, []);
  const id = await post(host, [1, 2, 6]);
  await waitUntil('the job is done', () => isDone(host, id));
  const { mean, attempts } = await read(host, id);
  assert.deepEqual({ mean, attempts }, { mean: 3, attempts: 1 });
  const { letters, close } = await lookInto(folder);
  await waitUntil('the poisonous one is a dead letter', async () => (await letters()).length > 0);
  assert.deepEqual(await letters(), [{ id: poison, reason: 'not done after 3 attempts' }]);
  assert.equal((await read(host, poison)).state, 'waiting');
  await waitUntil('there is a report', async () => (await reportOf(host))?.done === 1);
  assert.equal((await reportOf(host))?.waiting, 1);
  const bad = await host.get('/jobs', { method: 'POST', body: '{"numbers":"many"}' });
  assert.equal(bad.status, 400);
  assert.equal((await host.get('/jobs/none')).status, 404);
  await close();
  const { code, stderr } = await host.stop();
  assert.equal(code, 0);
  assert.match(stderr, /no numbers have no mean/);
});

test('two hosts share the work; one that is killed at it loses no job', async () => {
  const folder = await layOut();
  const first = await serveApp(folder);
  const { reports, letters, close } = await lookInto(folder);
  await waitUntil('the first one leads', async () => (await reports()).length > 0);
  const second = await serveApp(folder);
  const ids: string[] = [];
  for (let count = 0; count < 30; count++)
    ids.push(await post(count % 2 === 0 ? first : second, [count, count + 2], 100));
  // Each takes four at once, and these take long: some are in the hands of the first when it dies.
  for (let count = 0; count < 8; count++) ids.push(await post(second, [count, count], 1_500));
  await waitUntil('the quick ones are done', async () =>
    (await Promise.all(ids.slice(0, 30).map((id) => isDone(first, id)))).every(Boolean),
  );
  await kill(first);
  const before = (await reports()).length;
  await waitUntil('all are done', async () =>
    (await Promise.all(ids.map((id) => isDone(second, id)))).every(Boolean),
  );
  const jobs = await Promise.all(ids.map((id) => read(second, id)));
  assert.deepEqual(
    jobs.map(({ mean }) => mean),
    [...Array(30).keys()].map((count) => count + 1).concat([...Array(8).keys()]),
  );
  assert.deepEqual(await letters(), []);
  await waitUntil('the other one reports', async () => (await reportOf(second))?.done === ids.length);
  await waitUntil('more reports come', async () => (await reports()).length > before);
  // No time was reported twice: there was one leader, then another.
  assert.deepEqual(new Set(await reports()), new Set(['1']));
  await close();
  assert.equal((await second.stop()).code, 0);
});
