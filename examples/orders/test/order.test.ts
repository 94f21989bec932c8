import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTag, writeTag } from '../src/etag.ts';
import { changeOrder, checkChange, checkDraft, createOrder } from '../src/order.ts';
import { checkLimit, nextPage } from '../src/paging.ts';

const item = { name: 'Tea', quantity: 2, price: 450 };
const draft = { customer: 'Ada', items: [item], status: 'open' } as const;

test('a good draft is taken over, trimmed and with the usual status', () => {
  assert.deepEqual(checkDraft({ customer: '  Ada ', items: [item] }), { value: draft });
});

test('every problem of a draft is named with its place', () => {
  const checked = checkDraft({
    customer: ' ',
    items: [{ name: 'x', quantity: 0, price: 1.5 }, 7],
    status: 'lost',
    colour: 'red',
  });
  assert.ok('problems' in checked);
  const places = checked.problems.map((problem) => problem.split(':')[0]);
  assert.deepEqual(places, [
    'colour',
    'customer',
    'items[0].quantity',
    'items[0].price (in cents)',
    'items[1]',
    'status',
  ]);
});

test('what is no object, an empty list and an empty change are refused', () => {
  for (const input of [null, [], 'x', 3]) assert.ok('problems' in checkDraft(input));
  assert.ok('problems' in checkDraft({ customer: 'a', items: [] }));
  assert.ok('problems' in checkChange({}));
});

test('totals are whole cents and follow a change', () => {
  const order = createOrder('1', draft, new Date(0));
  assert.equal(order.total, 900);
  const changed = changeOrder(
    order,
    { items: [item, { name: 'Cup', quantity: 1, price: 1 }] },
    new Date(1000),
  );
  assert.equal(changed.total, 901);
  assert.equal(changed.createdAt, order.createdAt);
  assert.notEqual(changed.updatedAt, order.updatedAt);
});

test('a change takes over only what it has', () => {
  assert.deepEqual(checkChange({ status: 'paid' }), { value: { status: 'paid' } });
});

test('tags carry any version and read back', () => {
  for (const version of ['1', 'a"b', '§ %', ''])
    assert.deepEqual(readTag(writeTag(version)), { value: version });
  for (const header of ['*', 'W/"1"', '"1", "2"', '"%zz"', '1'])
    assert.ok('problems' in readTag(header), header);
});

test('limits of a page', () => {
  assert.deepEqual(checkLimit(undefined), { value: 20 });
  assert.deepEqual(checkLimit('100'), { value: 100 });
  for (const text of ['0', '101', '-1', '1.5', '', 'ten']) assert.ok('problems' in checkLimit(text), text);
  assert.equal(nextPage(undefined, 5), null);
  assert.equal(nextPage('a b', 5), '/orders?limit=5&cursor=a%20b');
});
