import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOptions, mostHeaders } from './http-message.ts';

test('names that concern one connection are read of its header, no more than there may be headers', () => {
  assert.deepEqual(connectionOptions('close, X-One ,x-two'), new Set(['close', 'x-one', 'x-two']));
  for (const none of [undefined, '', ' , ', 'close', 'Keep-Alive'])
    assert.equal(connectionOptions(none), undefined);
  const many = Array.from({ length: 2 * mostHeaders }, (_, i) => `x-${i}`).join();
  assert.equal(connectionOptions(many)?.size, mostHeaders);
});
