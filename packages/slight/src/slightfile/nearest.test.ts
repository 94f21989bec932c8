import assert from 'node:assert/strict';
import test from 'node:test';
import { nearestName } from './nearest.ts';

test('a slip of the pen finds its name', () => {
  const known = ['memory', 'deadline', 'cpu', 'body', 'instances', 'queue'];
  for (const [written, meant] of [
    ['memroy', 'memory'],
    ['Memory', 'memory'],
    ['deadlin', 'deadline'],
    ['instance', 'instances'],
    ['cup', 'cpu'],
    ['queues', 'queue'],
  ] as const) {
    assert.equal(nearestName(written, known), meant);
  }
});

test('a name that is near to none finds none', () => {
  assert.equal(nearestName('messaging', ['app', 'http', 'limits']), undefined);
  assert.equal(nearestName('x', ['app']), undefined);
  assert.equal(nearestName('', ['app']), undefined);
  assert.equal(nearestName('app', []), undefined);
  assert.equal(nearestName('a'.repeat(1000), ['app']), undefined);
});
