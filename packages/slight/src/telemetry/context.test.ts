import assert from 'node:assert/strict';
import test from 'node:test';
import { newSpanId, newTraceId, printTraceparent, readTraceContext } from './context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test('a context is read and printed', () => {
  const context = readTraceContext(`00-${traceId}-${spanId}-01`, 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
  assert.deepEqual(context, {
    traceId,
    spanId,
    sampled: true,
    state: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  });
  assert.equal(printTraceparent(context), `00-${traceId}-${spanId}-01`);
  assert.equal(readTraceContext(`00-${traceId}-${spanId}-02`, undefined)!.sampled, false);
  assert.equal(readTraceContext(`cc-${traceId}-${spanId}-01-what-comes-later`, undefined)!.traceId, traceId);
});

test('what is no context counts as none', () => {
  for (const text of [
    undefined,
    '',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}-${spanId}-01`,
    // As Node joins two headers of one name.
    `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
  ]) {
    assert.equal(readTraceContext(text, 'a=b'), undefined, String(text));
  }
});

test('state that is not as it should be is left out, and the context stays', () => {
  const read = (state: string) => readTraceContext(`00-${traceId}-${spanId}-01`, state)!.state;
  for (const good of ['a=b', 'a=b, ,c=d', 't@v/x=1 2']) assert.equal(read(good), good);
  for (const bad of [
    'a',
    'a=b;=',
    'A=b',
    'a=b\u007f',
    `a=${'b'.repeat(600)}`,
    Array(33).fill('a=b').join(','),
  ]) {
    assert.equal(read(bad), undefined, bad);
  }
});

test('ids are hexadecimal, of their length, and new each time', () => {
  const ids = new Set(Array.from({ length: 2_000 }, newTraceId));
  assert.equal(ids.size, 2_000);
  for (const id of ids) assert.match(id, /^[\da-f]{32}$/);
  assert.match(newSpanId(), /^[\da-f]{16}$/);
});
