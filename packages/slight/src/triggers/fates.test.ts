import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFates, foreseeFates, nameFates } from './fates.ts';

const first = { attempt: 1 };
const last = { attempt: 3 };

test('each verdict has its fate; the last attempt that is not done is a dead letter', () => {
  const fates = foreseeFates([first, first, first, last, last, first], 3, [
    { kind: 'ack' },
    { kind: 'reply', body: new Uint8Array() },
    { kind: 'nack' },
    { kind: 'nack', delay: 5 },
    { kind: 'ack' },
    { kind: 'dead', reason: 'no order' },
  ]);
  assert.deepEqual(fates, { done: 3, again: 1, dead: 2 });
  assert.equal(nameFates(fates), 'dead');
  assert.equal(describeFates(fates), '1 of 6 comes again, 2 of 6 go to the dead letters');
});

test('a failure brings all again, and what the messages did not cause does so beyond the last attempt', () => {
  assert.deepEqual(foreseeFates([first, last], 3, { reason: 'cpu' }), { done: 0, again: 1, dead: 1 });
  for (const reason of ['busy', 'cancelled'])
    assert.deepEqual(foreseeFates([first, last], 3, { reason }), { done: 0, again: 2, dead: 0 });
});

test('one message is not counted, and what is done is not described', () => {
  assert.equal(describeFates({ done: 2, again: 0, dead: 0 }), undefined);
  assert.equal(nameFates({ done: 2, again: 0, dead: 0 }), 'ok');
  assert.equal(describeFates({ done: 0, again: 1, dead: 0 }), 'comes again');
  assert.equal(nameFates({ done: 1, again: 1, dead: 0 }), 'nack');
  assert.equal(describeFates({ done: 0, again: 0, dead: 1 }), 'goes to the dead letters');
});
