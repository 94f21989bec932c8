import { CapabilityError, bodyOf, json, router, stream, text } from '@spiderlightning/guest';

// An app that asks other servers: the URL to ask stands behind the path.

const app = router();
const target = (url: string): string => new URL(url).searchParams.get('url') ?? '';

app.get('/get', async (req) => {
  const answer = await fetch(target(req.url), { headers: { 'x-from': 'guest' } });
  return json({
    status: answer.status,
    ok: answer.ok,
    url: answer.url,
    redirected: answer.redirected,
    cookies: answer.headers.getSetCookie(),
    body: await answer.text(),
    used: answer.bodyUsed,
  });
});

app.get('/error', async (req) => {
  const redirect = req.query.get('redirect') === 'error' ? 'error' : 'follow';
  try {
    await fetch(target(req.url), { method: req.query.get('method') ?? 'GET', redirect });
    return json('none');
  } catch (error) {
    if (!(error instanceof CapabilityError)) throw error;
    return json([error.code, error.outcome, error.message]);
  }
});

app.get('/manual', async (req) => {
  const { status, headers } = await fetch(target(req.url), { redirect: 'manual' });
  return json([status, headers.get('location')]);
});

app.post('/forms', async (req) => {
  const url = target(req.url);
  const answers = [
    await fetch(url, { method: 'POST', body: 'text' }),
    await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }),
    await fetch(
      new Request(url, { method: 'PUT', body: await req.bytes(), headers: { 'content-type': 'x/y' } }),
    ),
    await fetch(url, { method: 'HEAD' }),
  ];
  return json(await Promise.all(answers.map((answer) => answer.text())));
});

app.post('/pieces', async (req) => {
  async function* shout() {
    for await (const piece of bodyOf(req))
      yield new TextEncoder().encode(new TextDecoder().decode(piece).toUpperCase());
    yield new Uint8Array([33]);
  }
  const answer = await fetch(target(req.url), { method: 'POST', body: shout() });
  return stream(answer.body ?? []);
});

app.get('/through', async (req) => stream((await fetch(target(req.url))).body ?? []));

app.get('/response', async (req) => await fetch(target(req.url)));

app.get('/reader', async (req) => {
  const { body } = await fetch(target(req.url));
  const reader = body!.getReader();
  const first = await reader.read();
  await reader.cancel();
  return json({ first: first.done ? 0 : first.value.length, ended: (await reader.read()).done });
});

/** All at once: the slowest is as long as all of them. */
app.get('/all', async (req) => {
  const urls = req.query.getAll('url');
  const order: string[] = [];
  await Promise.all(
    urls.map(async (url) => {
      const answer = await fetch(url);
      order.push(await answer.text());
    }),
  );
  return json(order);
});

app.get('/race', async (req) => {
  const [slow, fast] = req.query.getAll('url');
  const first = await Promise.race([fetch(slow!), fetch(fast!)]);
  return text(await first.text());
});

app.get('/timeout', async (req) => {
  try {
    await fetch(target(req.url), { signal: AbortSignal.timeout(100) });
    return json('none');
  } catch (error) {
    return json((error as Error).name);
  }
});

app.get('/abort', async (req) => {
  const controller = new AbortController();
  const answer = await fetch(target(req.url), { signal: controller.signal });
  const failures: string[] = [];
  const pieces = answer.body![Symbol.asyncIterator]();
  const first = await pieces.next();
  controller.abort();
  await pieces.next().catch((error: Error) => failures.push(error.name));
  await fetch(target(req.url), { signal: controller.signal }).catch((error: Error) =>
    failures.push(error.name),
  );
  return json({ first: first.value?.length, failures });
});

app.get('/ticks', async (req) => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  await fetch(target(req.url));
  clearInterval(timer);
  return json(ticks > 3);
});

/** Leaves what it asked to itself. */
app.get('/leave', async (req) => {
  void fetch(target(req.url));
  return text('left');
});

app.get('/many', async (req) => {
  const url = target(req.url);
  const outcomes = await Promise.allSettled([fetch(url), fetch(url), fetch(url)]);
  return json(
    outcomes.map((each) => (each.status === 'rejected' ? (each.reason as CapabilityError).code : 'ok')),
  );
});

export default app;
