import { CapabilityError, json, openLocks, openStore, router, text } from '@spiderlightning/guest';
import type { Lease } from '@spiderlightning/guest';

// An app that holds locks in every way that there is, and tries what it may not.

const jobs = openLocks('jobs');
const store = openStore('notes');
/** Long enough for a slow machine to extend it in time. */
const ttlMs = 1_000;
const codeOf = (error: unknown) => (error instanceof CapabilityError ? error.code : String(error));
const kept: Lease[] = [];

function compute(milliseconds: number): void {
  for (const end = Date.now() + milliseconds; Date.now() < end;);
}

export default router()
  // Holds it for longer than its ttl, computing or waiting.
  .post('/compute/:lock/:ms', async (req) => {
    using lease = await jobs.acquire(req.params.lock, { ttlMs });
    const from = Date.now();
    compute(Number(req.params.ms));
    const { token, lost, signal } = lease;
    return json({ token, lost, aborted: signal.aborted, from, until: Date.now() });
  })
  .post('/sleep/:lock/:ms', async (req) => {
    const lease = await jobs.acquire(req.params.lock, { ttlMs });
    const from = Date.now();
    await new Promise((wake) => setTimeout(wake, Number(req.params.ms)));
    const { token, lost, signal } = lease;
    const until = Date.now();
    await lease.release();
    const again = await lease.release().catch(codeOf);
    return json({ token, lost, aborted: signal.aborted, from, until, again });
  })
  .post('/try/:locks/:lock', async (req) => {
    using lease = await openLocks(req.params.locks).tryAcquire(req.params.lock);
    return text(lease?.token ?? 'busy');
  })
  // Hears of it when another takes its lock away.
  .post('/aborted/:lock', async (req) => {
    using lease = await jobs.acquire(req.params.lock, { ttlMs });
    await store.set('taken away', lease.token);
    await new Promise((abort) => lease.signal.addEventListener('abort', abort));
    const { lost, signal } = lease;
    return json({ lost, reason: codeOf(signal.reason), again: await lease.release().catch(codeOf) });
  })
  // Ends without letting go: by an answer, by an error that nobody catches, by its CPU budget.
  .post('/leave/:lock', async (req) => text((await jobs.acquire(req.params.lock, { ttlMs: 60_000 })).token))
  .post('/throw/:lock', async (req) => {
    await jobs.acquire(req.params.lock, { ttlMs: 60_000 });
    throw new Error('thrown on purpose');
  })
  .post('/loop/:lock', async (req) => {
    await jobs.acquire(req.params.lock, { ttlMs: 60_000 });
    for (;;);
  })
  // Where the app is kept from request to request, so is what it holds.
  .post('/keep/:lock', async (req) => {
    kept.push(await jobs.acquire(req.params.lock, { ttlMs: 60_000 }));
    return text(kept[0]!.token);
  })
  .post('/wait/:lock', async (req) => {
    using lease = await jobs.acquire(req.params.lock, { ttlMs: 60_000, waitMs: 20_000 });
    return text(lease.token);
  })
  // Two holders that never meet, of which the second one always adds to what the first one wrote.
  .post('/add', async () => {
    using lease = await jobs.acquire('adding', { ttlMs: 2_000, waitMs: 20_000 });
    const from = Date.now();
    const sum = Number((await store.getText('sum')) ?? '0');
    await new Promise((wake) => setTimeout(wake, 2));
    await store.set('sum', String(sum + 1), { fence: lease.fence });
    return json({ token: lease.token, from, until: Date.now() });
  })
  .get('/sum', async () => text((await store.getText('sum')) ?? '0'))
  // A write of somebody who held the lock before.
  .post('/late', async () => {
    using before = await jobs.acquire('late');
    await before.release();
    using after = await jobs.acquire('late');
    await store.set('late', 'new', { fence: after.fence });
    return json([
      await store.set('late', 'old', { fence: before.fence }).then(() => 'written', codeOf),
      await store.getText('late'),
    ]);
  })
  .post('/lead', async () => text(await jobs.lead('leader', async ({ token }) => token)))
  .post('/refused', async () =>
    json([
      await openLocks('secrets').tryAcquire('a').catch(codeOf),
      await jobs.tryAcquire('').catch(codeOf),
      await jobs.tryAcquire('a', { ttlMs: 99 }).catch(codeOf),
    ]),
  );
