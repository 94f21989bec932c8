/**
 * What an editor knows of an app. Nothing here runs: a test checks the types as an author's project does, and every line
 * that must be wrong says so.
 */
import {
  CapabilityError,
  HttpError,
  fromFetch,
  json,
  log,
  openStore,
  readCookie,
  readForm,
  requestValue,
  router,
  stream,
  text,
  withCookie,
} from '@spiderlightning/guest';
import type { Answer, FormFile, Handler, Middleware, Store } from '@spiderlightning/guest';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(yes: Same<A, B>): void;

const user = requestValue<{ readonly id: number }>('user');
const signedIn: Middleware = async (req, next) => {
  same<typeof req.params, { readonly [name: string]: string }>(true);
  const answer = await next();
  same<typeof answer, Answer>(true);
  user.set(req, { id: 7 });
  // @ts-expect-error: an id is a number
  user.set(req, { id: '7' });
  return answer;
};
// @ts-expect-error: a middleware answers
const silent: Middleware = async (_req, next) => void (await next());

const app = router({ onError: (error) => text(String(error), { status: 500 }) })
  .use(signedIn)
  .use('/admin', signedIn)
  // Parameters follow from the path, with middleware before the handler or without.
  .get('/orders/:id', async (req) => {
    same<typeof req.params, { readonly id: string }>(true);
    // @ts-expect-error: there is no such parameter
    return text(req.params.nme);
  })
  .get('/orders/:id/items/:item', signedIn, (req) => {
    same<typeof req.params, { readonly id: string; readonly item: string }>(true);
    same<ReturnType<typeof user.get>, { readonly id: number }>(true);
    return json(user.get(req));
  })
  .get('/files/*', [signedIn, signedIn], (req) => text(req.params.rest))
  .put('/', () => new Response('made by hand', { status: 201 }))
  .all(
    '/fetch/*',
    fromFetch(async (request) => Response.json({ url: request.url, at: await request.text() })),
  )
  // @ts-expect-error: a handler answers
  .post('/nothing', async () => undefined);

const whatever: Handler<{ readonly id: string }> = (req) => text(req.params.id);
app.get('/whatever/:id', whatever);
// @ts-expect-error: the path has no id
app.get('/whatever', whatever);

app.post('/form', async (req) => {
  const form = await readForm(req, { fileBytes: 1_000 });
  same<ReturnType<typeof form.get>, string | undefined>(true);
  same<ReturnType<typeof form.file>, FormFile | undefined>(true);
  const body = await req.json<{ name?: string }>();
  same<typeof body, { name?: string }>(true);
  const unknown = await req.json();
  same<typeof unknown, unknown>(true);
  const session = readCookie(req, 'session');
  same<typeof session, string | undefined>(true);
  // @ts-expect-error: no such option
  return withCookie(text('x'), 'a', 'b', { samesite: 'lax' });
});

const store: Store = openStore('orders');
app.get('/store', async () => {
  const value = await store.getJson<{ n: number }>('a');
  same<typeof value, { n: number } | undefined>(true);
  for await (const key of store.keys({ prefix: 'a' })) same<typeof key, string>(true);
  const swap = await store.compareAndSwap('a', undefined, 'x');
  if (swap.swapped) same<typeof swap.version, string>(true);
  // @ts-expect-error: only a swap that failed shows what stands there
  else text(swap.version);
  try {
    await store.set('a', 'x', { ttlMs: 1 });
  } catch (error) {
    if (error instanceof CapabilityError && error.code === 'already-exists')
      throw new HttpError(409, 'taken');
    // @ts-expect-error: the set of codes is closed
    if (error instanceof CapabilityError && error.code === 'exists') throw error;
  }
  log('info', 'done', { n: 1 });
  // @ts-expect-error: no such level
  log('loud', 'done');
  return json(null);
});

// The globals of a guest, and no others.
app.get('/globals', async () => {
  const timer = setTimeout((a: string, b: number) => a.repeat(b), 10, 'x', 2);
  same<typeof timer, number>(true);
  // @ts-expect-error: the arguments do not fit
  setTimeout((a: string) => a, 10, 7);
  clearTimeout(timer);
  clearInterval(setInterval(() => {}, 1));
  await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise<void>((resolve) => setTimeout(resolve));
  queueMicrotask(() => {});
  const copy = structuredClone({ a: new Map([[1, new Date()]]) });
  same<typeof copy, { a: Map<number, Date> }>(true);
  const controller = new AbortController();
  controller.signal.addEventListener('abort', ({ target }) => target.reason, { once: true });
  const signal: AbortSignal = AbortSignal.any([controller.signal, AbortSignal.timeout(5)]);
  signal.throwIfAborted();
  const failure: DOMException = new DOMException('x', 'AbortError');
  const headers: Headers = new Headers([['a', 'b']]);
  const request: Request = new Request('http://h/', { method: 'POST', headers, body: new URLSearchParams() });
  const response: Response = new Response(await request.bytes());
  console.warn(failure.name, new URL('http://h/').host, crypto.randomUUID(), new TextEncoder().encode('x'));
  const fetched: Response = await fetch('http://h/', {
    method: 'POST',
    body: request.body,
    signal: AbortSignal.timeout(5),
  });
  for await (const piece of fetched.body ?? []) console.log(piece.length);
  stream(fetched.body ?? []);
  // @ts-expect-error: nothing is cached
  await fetch('http://h/', { cache: 'reload' });
  // @ts-expect-error: there is no Node
  process.exit();
  // @ts-expect-error: there is no DOM
  document.title = 'x';
  return response;
});

export default app;
export { silent };
