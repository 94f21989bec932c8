/** What the slides show, each as a function that throws where it is not so. They know an address, and no backend. */
import assert from 'node:assert/strict';
import type { Served } from '../../../packages/slight/test/slight.ts';
import { waitUntil } from '../../../packages/slight/test/slight.ts';

type App = Pick<Served, 'get'>;

const post = (app: App, path: string, body = '') => app.get(path, { method: 'POST', body });

async function watchKeys(app: App): Promise<void> {
  const put = (price: string) => app.get('/prices/tea', { method: 'PUT', body: price });
  assert.equal((await put('450')).status, 204);
  assert.equal((await app.get('/prices/tea')).body, '450');
  assert.equal((await app.get('/prices/coffee')).status, 404);
  await waitUntil('the watch sees the price', async () => (await app.get('/seen/tea')).body === '450');
  await put('500');
  await waitUntil('the watch sees the next one', async () => (await app.get('/seen/tea')).body === '500');
}

async function queueJobs(app: App): Promise<void> {
  const names = Array.from({ length: 8 }, (_, index) => `job-${index}`);
  for (const name of names) assert.equal((await post(app, `/jobs/${name}`)).status, 202);
  for (const name of names)
    await waitUntil(
      `${name} is done`,
      async () => (await app.get(`/jobs/${name}`)).body === name.toUpperCase(),
    );
}

async function tellEveryone(app: App): Promise<void> {
  let heard = 0;
  const listeners = Promise.all(
    [1, 2, 3].map(async () => {
      const { status, body } = await app.get('/news');
      assert.equal(status, 200, body);
      heard++;
      return (JSON.parse(body) as string[])[0];
    }),
  );
  // Whoever does not listen yet does not hear it: so it is said until all have heard it.
  await waitUntil('all have heard it', async () => {
    assert.equal((await post(app, '/news', 'it rains')).status, 204);
    return heard === 3;
  });
  assert.deepEqual(await listeners, ['it rains', 'it rains', 'it rains']);
}

async function countUnderLock(app: App): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(app, '/visits')));
  const counts = answers.map(({ body }) => Number(body)).toSorted((a, b) => a - b);
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}

export const slides: readonly { readonly title: string; show(app: App): Promise<void> }[] = [
  { title: 'key-value: a watch hears of each price', show: watchKeys },
  { title: 'message queue: each job is done', show: queueJobs },
  { title: 'pub/sub: everyone who listens hears it', show: tellEveryone },
  { title: 'distributed locks: ten at once count to ten', show: countUnderLock },
];
