import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { CapabilityError, json, openLocks, openStore, router, text } from '../src/index.ts';
import { testApp } from '../src/test/index.ts';

const jobs = openLocks('jobs');
const store = openStore('digests');

const app = router()
  .post('/digest', async () => {
    using lease = await jobs.acquire('digest');
    await store.set('digest', 'made', { fence: lease.fence });
    return json({ name: lease.name, token: lease.token, lost: lease.lost });
  })
  .post('/try', async () => {
    using lease = await jobs.tryAcquire('digest');
    return text(lease === undefined ? 'busy' : 'done');
  })
  .post('/release', async () => {
    const lease = await jobs.acquire('digest');
    await lease.renew();
    await lease.release();
    return text(String(await lease.release().catch(codeOf)));
  })
  .post('/lead', async () => text(await jobs.lead('digest', async ({ token }) => `led with ${token}`)))
  .post('/aborted', async () => {
    using lease = await jobs.acquire('digest', { ttlMs: 100 });
    const { signal } = lease;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return json([codeOf(signal.reason), lease.lost, await lease.release().catch(codeOf)]);
  })
  .post('/bad', async () =>
    json([
      await jobs.acquire('', {}).catch(codeOf),
      await jobs.acquire('a', { ttlMs: 5 }).catch(codeOf),
      await jobs.acquire('a', { ttlMs: -1 }).catch(String),
      await openLocks('others').tryAcquire('a').catch(codeOf),
    ]),
  );

const codeOf = (error: unknown) => (error instanceof CapabilityError ? error.code : String(error));
const post = { method: 'POST' } as const;

test('a lock is held as long as its block lasts', async () => {
  const { request, locks } = testApp(app);
  const first = (await request('/digest', post)).json<{ token: string; lost: boolean }>();
  const second = (await request('/digest', post)).json<{ token: string; lost: boolean }>();
  assert.ok(BigInt(second.token) > BigInt(first.token));
  assert.equal(first.lost, false);
  using lease = await locks('jobs').acquire('digest');
  assert.equal((await request('/digest', post)).status, 503);
  assert.equal((await request('/try', post)).text, 'busy');
  await lease.release();
  assert.equal((await request('/try', post)).text, 'done');
  assert.equal((await request('/release', post)).text, 'precondition-failed');
});

test('who leads waits for the one before', async () => {
  const { request, locks } = testApp(app);
  const lease = await locks('jobs').acquire('digest');
  let led = false;
  const leading = request('/lead', post).finally(() => (led = true));
  await sleep(20);
  assert.equal(led, false);
  await lease.release();
  assert.match((await leading).text, /led with \d+/);
});

test('a loss is heard of', async () => {
  const { request, loseLocks } = testApp(app);
  const waiting = request('/aborted', post);
  await sleep(20);
  loseLocks('jobs');
  assert.deepEqual((await waiting).json(), ['precondition-failed', true, 'precondition-failed']);
});

test('what cannot be is refused, and so is what was not granted', async () => {
  const { request } = testApp(app, { locks: ['jobs'] });
  assert.deepEqual((await request('/bad', post)).json(), [
    'invalid-argument',
    'invalid-argument',
    'RangeError: ttlMs is a number of milliseconds, not -1',
    'permission-denied',
  ]);
});
