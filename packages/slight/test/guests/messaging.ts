import {
  CapabilityError,
  json,
  openMessages,
  openOnce,
  openStore,
  router,
  text,
} from '@spiderlightning/guest';

// An app that publishes and receives as it is asked to.

const events = openMessages('events');
const jobs = openMessages('jobs');
const runs = openStore('runs');
const once = openOnce('runs');

const refused = (error: unknown) => (error instanceof CapabilityError ? error.code : String(error));

export default router()
  .post('/publish/:name/:topic', async (req) => {
    const messages = openMessages(req.params.name);
    return text(await messages.publish(req.params.topic, await req.text(), { key: 'a key' }));
  })
  .post('/subscribe/:group', async (req) => {
    const subscription = await events.subscribe(req.params.group, (await req.text()).split(' '));
    return json(subscription.group);
  })
  // All that waits now, or comes soon.
  .get('/events/:group', async (req) => {
    const subscription = await events.join(req.params.group);
    const found: string[] = [];
    for await (const message of subscription.messages({ max: 3 })) {
      found.push(`${message.topic} ${message.attempt} ${message.text()}`);
      await message.ack();
    }
    return json(found);
  })
  .get('/jobs', async () => {
    const queue = await jobs.join();
    const deliveries = await queue.receive({ max: 100, waitMs: 10_000 });
    await queue.ack(deliveries);
    return json(deliveries.map((job) => job.text()));
  })
  // Requests that end with a message in their hands.
  .get('/leave', async () => json((await (await jobs.join()).receive({ waitMs: 10_000 }))[0]?.attempt))
  .get('/fail', async () => {
    const [job] = await (await jobs.join()).receive({ waitMs: 10_000 });
    throw new Error(`failed at attempt ${job?.attempt}`);
  })
  .get('/answers', async () => {
    const [job] = await (await jobs.join()).receive({ waitMs: 10_000 });
    await job?.dead('no use');
    return json(await job?.ack().catch(refused));
  })
  .get('/hear', async () => {
    const listener = await events.listen('news.*');
    const heard = await listener.next({ waitMs: 20_000 });
    return json(heard.map((news) => [news.topic, news.header('From'), news.json()]));
  })
  .post('/tell', async () => {
    await events.broadcast('news.today', JSON.stringify({ hello: 'all' }), { headers: { from: 'me' } });
    return text('told');
  })
  .post('/once/:id', async (req) => {
    const ran = await once(req.params.id, () => runs.increment('count'));
    return json([ran, await runs.increment('count', 0)]);
  })
  .get('/refused', async () =>
    json([
      await openMessages('other').publish('a', '').catch(refused),
      await events.publish('no topic', '').catch(refused),
      await events.join('nobody').catch(refused),
      await jobs.subscribe('mine', '>').catch(refused),
      await events.request('sum', '', { waitMs: 10 }).catch(refused),
    ]),
  );
