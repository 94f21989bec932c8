/** The guest of the benchmark `redis` that runs in QuickJS. It does as `test/guests/c/loop.c`. */
import { openLocks, openMessages, openStore, router, text } from '@spiderlightning/guest';

const store = openStore('bench');
const messages = openMessages('bench');
const locks = openLocks('bench');

async function repeat(count: string, work: () => Promise<boolean>): Promise<string> {
  let done = 0;
  for (let left = Number(count); left > 0; left--) if (await work()) done++;
  return String(done);
}

const app = router();
app.get('/get/:count/:name', async ({ params }) =>
  text(await repeat(params.count, async () => (await store.get('orders/000012345')) !== undefined)),
);
app.get('/publish/:count/:name', async ({ params }) => {
  const body = '{"order":"000012345","status":"new"}';
  return text(
    await repeat(params.count, async () => (await messages.publish('orders.created', body)) !== ''),
  );
});
app.get('/acquire/:count/:name', async ({ params }) =>
  text(
    await repeat(params.count, async () => {
      const lease = await locks.tryAcquire(params.name, { ttlMs: 30_000 });
      await lease?.release();
      return lease !== undefined;
    }),
  ),
);
export default app;
