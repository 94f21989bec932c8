/**
 * One script over HTTP that the app passes on every kind of storage: `runScenario` first, then, after its host was
 * started again, `verifyAfterRestart` with what the first gave.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** What has to be there after a restart. */
export interface Witness {
  readonly id: string;
  readonly customer: string;
  readonly status: string;
  readonly total: number;
  readonly etag: string;
  readonly deleted: string;
  readonly counter: string;
  readonly counterValue: string;
  readonly invoice: string;
}

interface Order {
  id: string;
  customer: string;
  status: string;
  total: number;
}

/**
 * Creates, waits for invoices and the report, lists in pages, changes in competition, deletes and counts. `base` is the app's address without a
 * slash at its end. The store may hold other orders already.
 * @throws {AssertionError} at the first step that is not as it should be
 */
export async function runScenario(base: string): Promise<Witness> {
  const mark = `scenario ${Date.now().toString(36)}`;
  await refuseWhatIsWrong(base);
  const ids = await createMany(base, mark, 25);
  const invoice = await readInvoice(base, ids[0] ?? '', mark);
  await compareReport(base, mark, ids.length);
  await listInPages(base, ids);
  const { id, etag, status } = await compete(base, ids[0] ?? '');
  const deleted = ids[1] ?? '';
  await deleteOne(base, deleted);
  const counter = `c${Date.now().toString(36)}`;
  const counterValue = await count(base, counter, 20);
  const order = await readOrder(base, id);
  const { customer, total } = order;
  return { id, etag, status, customer, total, deleted, counter, counterValue, invoice };
}

/** Everything that `runScenario` was told is still so. */
export async function verifyAfterRestart(base: string, witness: Witness): Promise<void> {
  const answer = await fetch(`${base}/orders/${witness.id}`);
  assert.equal(answer.status, 200, 'the order is still there');
  const order = (await answer.json()) as Order;
  assert.equal(order.customer, witness.customer);
  assert.equal(order.status, witness.status);
  assert.equal(order.total, witness.total);
  assert.equal(answer.headers.get('etag'), witness.etag, 'its version is the one that was acknowledged');
  assert.equal(
    (await fetch(`${base}/orders/${witness.deleted}`)).status,
    404,
    'what was deleted stays deleted',
  );
  const invoice = await fetch(`${base}/orders/${witness.id}/invoice`);
  assert.equal(await invoice.text(), witness.invoice, 'its invoice is the same');
  const counter = await getJson<{ value: string }>(`${base}/counters/${witness.counter}`);
  assert.equal(counter.value, witness.counterValue, 'the counter kept its value');
  const [created] = await createMany(base, 'after restart', 1);
  assert.ok(Number(created) > Number(witness.id), 'new orders go on counting');
  await readInvoice(base, created ?? '', 'after restart');
}

async function refuseWhatIsWrong(base: string): Promise<void> {
  for (const [body, expected] of [
    ['{', /JSON/],
    ['{"customer":"","items":[]}', /customer/],
    ['{"customer":"a","items":[{"name":"x","quantity":1,"price":1.5}]}', /price/],
  ] as const) {
    const answer = await fetch(`${base}/orders`, { method: 'POST', body });
    assert.equal(answer.status, 400);
    assert.match(((await answer.json()) as { error: string }).error, expected);
  }
  assert.equal((await fetch(`${base}/orders?limit=0`)).status, 400);
  assert.equal((await fetch(`${base}/orders/none`)).status, 404);
  assert.equal((await fetch(`${base}/nothing`)).status, 404);
  const wrong = await fetch(`${base}/orders/none`, { method: 'PUT' });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'DELETE, GET, HEAD, PATCH');
}

async function createMany(base: string, customer: string, count: number): Promise<string[]> {
  const items = [
    { name: 'Tea', quantity: 2, price: 450 },
    { name: 'Käse', quantity: 1, price: 1299 },
  ];
  const ids: string[] = [];
  // A few at once, as clients would.
  for (let from = 0; from < count; from += 5)
    ids.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(5, count - from) }, async () => {
          const body = JSON.stringify({ customer, items });
          const answer = await fetch(`${base}/orders`, { method: 'POST', body });
          assert.equal(answer.status, 201, await answer.clone().text());
          const order = (await answer.json()) as Order;
          assert.equal(order.total, 2199);
          assert.equal(answer.headers.get('location'), `/orders/${order.id}`);
          assert.match(answer.headers.get('etag') ?? '', /^".+"$/);
          return order.id;
        }),
      )),
    );
  assert.equal(new Set(ids).size, count, 'every order has an id of its own');
  return ids;
}

/** The invoice is written after the order was placed, by whoever has time. */
async function readInvoice(base: string, id: string, customer: string): Promise<string> {
  const answer = await eventually(`the invoice of order ${id}`, async () => {
    const asked = await fetch(`${base}/orders/${id}/invoice`);
    return asked.status === 404 ? undefined : asked;
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
  for (const part of [id, customer, '1 × Käse at 12.99 = 12.99', 'Total: 21.99'])
    assert.ok(text.includes(part), `${part} is on the invoice: ${text}`);
  return text;
}

/** Each order counts once, however often its event came. */
async function compareReport(base: string, customer: string, count: number): Promise<void> {
  const sum = await eventually(`${count} orders in the report`, async () => {
    const { totals } = await getJson<{ totals: { customer: string; orders: number; total: number }[] }>(
      `${base}/reports`,
    );
    // Two rows where midnight passed meanwhile.
    const own = totals.filter((row) => row.customer === customer);
    const orders = own.reduce((all, row) => all + row.orders, 0);
    assert.ok(orders <= count, `${orders} orders in the report, of ${count}`);
    return orders === count ? own.reduce((all, row) => all + row.total, 0) : undefined;
  });
  assert.equal(sum, count * 2199);
}

async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50)) {
    const found = await ask();
    if (found !== undefined) return found;
  }
  assert.fail(`${what}: not within a minute`);
}

async function listInPages(base: string, ids: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  let pages = 0;
  let next: string | null = '/orders?limit=10';
  while (next !== null) {
    const page: { orders: Order[]; next: string | null } = await getJson(base + next);
    for (const order of page.orders) seen.add(order.id);
    next = page.next;
    assert.ok(++pages < 1000, 'the listing comes to an end');
  }
  for (const id of ids) assert.ok(seen.has(id), `order ${id} is in the listing`);
  assert.ok(pages > 1, 'the listing has more than one page');
}

/** Eight clients change one version of one order: exactly one of them may succeed. */
async function compete(base: string, id: string): Promise<{ id: string; etag: string; status: string }> {
  const before = await fetch(`${base}/orders/${id}`);
  const etag = before.headers.get('etag') ?? '';
  const change = (headers: Record<string, string>, body: object) =>
    fetch(`${base}/orders/${id}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
  assert.equal((await change({}, { status: 'paid' })).status, 428, 'a change without If-Match is refused');

  const clients = Array.from({ length: 8 }, (_, index) => `client ${index}`);
  const answers = await Promise.all(
    clients.map((customer) => change({ 'if-match': etag }, { customer, status: 'paid' })),
  );
  const statuses = answers.map((answer) => answer.status);
  const winners = answers.flatMap((answer, index) => (answer.status === 200 ? [index] : []));
  assert.equal(winners.length, 1, `exactly one client wins (${statuses.join(' ')})`);
  assert.ok(
    statuses.every((status) => status === 200 || status === 412),
    statuses.join(' '),
  );
  const winner = winners[0] ?? 0;
  const newTag = answers[winner]?.headers.get('etag') ?? '';
  assert.notEqual(newTag, etag, 'the version is a new one');

  const order = await readOrder(base, id);
  assert.equal(order.customer, clients[winner], "what stands there is the winner's");
  assert.equal(
    (await change({ 'if-match': etag }, { status: 'shipped' })).status,
    412,
    'the old version is void',
  );
  const shipped = await change({ 'if-match': newTag }, { status: 'shipped' });
  assert.equal(shipped.status, 200);
  return { id, etag: shipped.headers.get('etag') ?? '', status: 'shipped' };
}

async function deleteOne(base: string, id: string): Promise<void> {
  assert.equal((await fetch(`${base}/orders/${id}`, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(`${base}/orders/${id}`)).status, 404);
  assert.equal((await fetch(`${base}/orders/${id}`, { method: 'DELETE' })).status, 204, 'twice is no error');
}

async function count(base: string, name: string, times: number): Promise<string> {
  const values = await Promise.all(
    Array.from({ length: times }, async () => {
      const answer = await fetch(`${base}/counters/${name}`, { method: 'POST' });
      assert.equal(answer.status, 200);
      return Number(((await answer.json()) as { value: string }).value);
    }),
  );
  const expected = Array.from({ length: times }, (_, index) => index + 1);
  assert.deepEqual(
    values.toSorted((a, b) => a - b),
    expected,
    'no step of the counter is lost or double',
  );
  return String(times);
}

async function readOrder(base: string, id: string): Promise<Order> {
  return await getJson(`${base}/orders/${id}`);
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `${url}: ${await answer.clone().text()}`);
  return (await answer.json()) as T;
}
