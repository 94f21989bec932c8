import { HttpError, html, json, openStore, router, status, stream } from '@spiderlightning/guest';
import type { Answer, Versioned } from '@spiderlightning/guest';
import { readTag, writeTag } from './etag.ts';
import { readInvoice } from './invoice.ts';
import { changeOrder, checkChange, checkDraft, createOrder } from './order.ts';
import type { Checked, Order } from './order.ts';
import { page } from './page.ts';
import { checkLimit, nextPage } from './paging.ts';
import { tellPlaced } from './placed.ts';
import { listTotals } from './report.ts';

export { onMessage } from './placed.ts';

const store = openStore('orders');
const prefix = 'order/';

const app = router({ onError: describeError });

app.get('/', async () => html(page));

app.post('/orders', async (req) => {
  const draft = accept(checkDraft(await req.json()));
  const number = await store.increment('counter/orders');
  // Padded, so that backends which list keys in their order list orders by age.
  const id = String(number).padStart(10, '0');
  const order = createOrder(id, draft, new Date());
  const written = await store.compareAndSwap(prefix + id, undefined, JSON.stringify(order));
  if (!written.swapped) throw new HttpError(409, `there is an order ${id} already`);
  await tellPlaced(order);
  return json(order, {
    status: 201,
    headers: { location: `/orders/${id}`, etag: writeTag(written.version) },
  });
});

app.get('/orders', async (req) => {
  const limit = accept(checkLimit(req.query.get('limit')));
  const found = await store.keyPage({ prefix, limit, cursor: req.query.get('cursor') });
  const orders: Order[] = [];
  for (const key of found.keys) {
    // It may have been deleted since the keys were listed.
    const order = await store.getJson<Order>(key);
    if (order !== undefined) orders.push(order);
  }
  return json({ orders, next: nextPage(found.cursor, limit) });
});

app.get('/orders/:id', async (req) => {
  const found = await find(req.params.id);
  const etag = writeTag(found.version);
  if (req.headers.get('if-none-match') === etag) return status(304, { etag });
  return sendOrder(found.json<Order>(), found.version);
});

/** As it was placed. It is written soon after that, by `onMessage`; until then there is none. */
app.get('/orders/:id/invoice', async (req) => {
  const invoice = await readInvoice(req.params.id);
  if (invoice === undefined) throw new HttpError(404, `there is no invoice of an order ${req.params.id}`);
  return stream(invoice, { type: invoice.info.contentType });
});

app.patch('/orders/:id', async (req) => {
  const header = req.headers.get('if-match');
  if (header === undefined)
    throw new HttpError(
      428,
      'send If-Match with the ETag of the order that you saw, so that no change is lost',
    );
  const version = accept(readTag(header));
  const change = accept(checkChange(await req.json()));
  const found = await find(req.params.id);
  if (found.version !== version) throw conflict(req.params.id);
  const order = changeOrder(found.json<Order>(), change, new Date());
  const written = await store.compareAndSwap(prefix + order.id, version, JSON.stringify(order));
  // Somebody was faster, between the look and the write.
  if (!written.swapped) throw conflict(order.id);
  return sendOrder(order, written.version);
});

app.delete('/orders/:id', async (req) => {
  await store.delete(prefix + req.params.id);
  return status(204);
});

app.get('/reports', async () => json({ totals: await listTotals() }));

app.post('/counters/:name', async (req) => {
  const value = await store.incrementBigInt(`counter/${req.params.name}`);
  return json({ name: req.params.name, value: String(value) });
});

app.get('/counters/:name', async (req) => {
  const value = (await store.getText(`counter/${req.params.name}`)) ?? '0';
  return json({ name: req.params.name, value });
});

async function find(id: string): Promise<Versioned> {
  const found = await store.getVersioned(prefix + id);
  if (found === undefined) throw new HttpError(404, `there is no order ${id}`);
  return found;
}

function sendOrder(order: Order, version: string): Answer {
  return json(order, { headers: { etag: writeTag(version) } });
}

function conflict(id: string): HttpError {
  return new HttpError(
    412,
    `order ${id} has changed since you saw it: read it again, then repeat your change`,
  );
}

/** Takes what was checked, or answers 400 with everything that is wrong. */
function accept<T>(checked: Checked<T>): T {
  if ('value' in checked) return checked.value;
  throw new HttpError(400, checked.problems.join('\n'));
}

/** Errors are JSON here: `{ "error": …, "problems": […] }`. Others than HttpErrors stay as the SDK answers them. */
function describeError(error: unknown): Answer {
  if (!(error instanceof HttpError)) throw error;
  const [first, ...more] = error.message.split('\n');
  return json(more.length === 0 ? { error: first } : { error: first, problems: [first, ...more] }, {
    status: error.status,
    headers: error.headers,
  });
}

export default app;
