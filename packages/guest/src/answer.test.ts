import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, html, json, redirect, status, text, textOf } from './answer.ts';

const read = (body: Uint8Array) => new TextDecoder().decode(body);

test('answers carry their media type, unless told another', () => {
  assert.deepEqual(json({ a: 'ü' }).headers, [['content-type', 'application/json; charset=utf-8']]);
  assert.equal(read(json({ a: 'ü' }).body), '{"a":"ü"}');
  assert.deepEqual(html('<p>').headers, [['content-type', 'text/html; charset=utf-8']]);
  assert.deepEqual(text('x', { headers: { 'Content-Type': 'text/css' } }).headers, [
    ['content-type', 'text/css'],
  ]);
  assert.deepEqual(bytes(new Uint8Array([1]), 'image/png').headers, [['content-type', 'image/png']]);
});

test('headers in all their forms', () => {
  const cookies = status(204, { 'Set-Cookie': ['a=1', 'b=2'], none: undefined }).headers;
  assert.deepEqual(cookies, [
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ]);
  assert.deepEqual(status(204, [['A', '1']]).headers, [['a', '1']]);
  assert.deepEqual(redirect('/x', 303), {
    status: 303,
    headers: [['location', '/x']],
    body: new Uint8Array(0),
  });
});

test('what cannot be an answer is refused', () => {
  for (const code of [99, 199, 600, 200.5, Number.NaN]) assert.throws(() => status(code), RangeError);
  for (const value of [undefined, () => {}, Symbol('x')]) assert.throws(() => json(value), TypeError);
});

test('plain JavaScript may put other bytes in an answer of text, and is told of what is none', () => {
  const answer = text('draft') as { body: Uint8Array };
  answer.body = new TextEncoder().encode('final');
  assert.equal(textOf(answer), undefined);
  assert.equal(new TextDecoder().decode(answer.body), 'final');
  assert.equal(new TextDecoder().decode({ ...answer }.body), 'final');
  const read = text('draft') as { body: Uint8Array };
  assert.equal(read.body.length, 5);
  read.body = new Uint8Array(2);
  assert.equal(read.body.length, 2);
  assert.throws(() => ((text('a') as { body: unknown }).body = 'b'), {
    name: 'TypeError',
    message:
      'the body of an answer is a Uint8Array, and this is no such thing: make a new answer of it, such as text(…)',
  });
});
