import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '@spiderlightning/guest/test';
import * as app from '../src/app.ts';

const items = [{ name: 'Tea', quantity: 2, price: 450 }];
const day = new Date().toISOString().slice(0, 10);

test('an order that is placed becomes an event, an invoice and a row', async () => {
  const { request, messages, deliver } = testApp(app);
  const others = await messages('events').subscribe('others', 'orders.*');
  const placed = await request('/orders', { method: 'POST', json: { customer: 'Ada', items } });
  assert.equal(placed.status, 201);
  assert.equal((await request('/orders/0000000001/invoice')).status, 404);

  const [event, ...more] = await others.receive();
  assert.ok(event !== undefined && more.length === 0);
  assert.deepEqual([event.topic, event.key], ['orders.placed', 'Ada']);
  assert.deepEqual(event.json(), placed.json());

  // Twice, as it may happen.
  for (let times = 0; times < 2; times++)
    assert.deepEqual(await deliver({ json: event.json() }), { verdict: 'ack' });
  const invoice = await request('/orders/0000000001/invoice');
  assert.equal(invoice.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(
    invoice.text,
    /^Invoice 0000000001 of .*\nTo: Ada\n\n2 × Tea at 4\.50 = 9\.00\n\nTotal: 9\.00\n$/,
  );
  const { totals } = (await request('/reports')).json<{ totals: { day: string }[] }>();
  assert.deepEqual(totals, [{ day: totals[0]?.day, customer: 'Ada', orders: 1, total: 900 }]);
  assert.ok(totals[0]!.day >= day);
});

test('totals are of each customer and day, whatever a customer is called', async () => {
  const { request, deliver } = testApp(app);
  const order = { items, status: 'open', total: 900, updatedAt: '' };
  for (const [id, customer, at] of [
    ['1', 'Ada', '2026-01-01'],
    ['2', "'); drop table placed; --", '2026-01-02'],
    ['3', 'Ada', '2026-01-02'],
    ['4', 'Ada', '2026-01-02'],
  ] as const)
    await deliver({ json: { ...order, id, customer, createdAt: `${at}T12:00:00.000Z` } });
  assert.deepEqual((await request('/reports')).json(), {
    totals: [
      { day: '2026-01-02', customer: "'); drop table placed; --", orders: 1, total: 900 },
      { day: '2026-01-02', customer: 'Ada', orders: 2, total: 1800 },
      { day: '2026-01-01', customer: 'Ada', orders: 1, total: 900 },
    ],
  });
});
