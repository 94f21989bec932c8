import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { json, text, textOf, withHeader } from '../packages/guest/src/answer.ts';
import { readRequest, writeAnswer } from '../packages/guest/src/http-text.ts';
import { readText, writeHead } from '../packages/slight/src/dialects/spiderlightning/http-text.ts';
import { HttpFailure, mostHeaders } from '../packages/slight/src/triggers/http-message.ts';

const line = fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\n', ''));
const name = line.filter((each) => each !== '');
const headers = fc.array(fc.tuple(name, line));

test('a request is on the other side what it was on this', () => {
  fc.assert(
    fc.property(line, line, line, line, headers, (method, url, remote, id, pairs) => {
      const request = { method, url, remote, id, headers: pairs, body: new Uint8Array() };
      const head = writeHead(request);
      assert.deepEqual(
        { ...readRequest(head, null) },
        { ...request, body: { tag: 'bytes', val: new Uint8Array() } },
      );
    }),
  );
});

test('an answer is on the other side what it was on this', () => {
  const status = fc.integer({ min: 200, max: 599 });
  fc.assert(
    fc.property(status, headers, fc.string({ unit: 'binary' }), (code, pairs, body) => {
      const written = writeAnswer({ status: code, headers: pairs }, body);
      const wellFormed = pairs.map(([key, value]): [string, string] => [
        key.toWellFormed(),
        value.toWellFormed(),
      ]);
      assert.deepEqual(readText(written!), { status: code, headers: wellFormed, body: body.toWellFormed() });
    }),
  );
});

test('a head that would be read as another one is not written as text', () => {
  const write = (...pair: [string, string]) =>
    writeAnswer({ status: 200, headers: [['a', 'b'], pair] }, 'body');
  for (const pair of [
    ['', 'x'],
    ['x\n', 'y'],
    ['x', 'y\n\n<script>'],
    ['x', '\n'],
  ] as [string, string][])
    assert.equal(write(...pair), undefined, JSON.stringify(pair));
  assert.equal(write('x', ''), '200\na\nb\nx\n\n\nbody');
});

test('a text without an end of its head is no answer', () => {
  for (const wrong of ['', '200', '200\n', '200\nname\nvalue\n', '200\nname'])
    assert.throws(
      () => readText(wrong),
      (error) => error instanceof HttpFailure && error.status === 502 && /no empty line/.test(error.reason!),
      JSON.stringify(wrong),
    );
  assert.ok(Number.isNaN(readText('ok\n\n').status), 'the status is for whoever sends it to check');
});

test('a head of more headers than an answer may have is read no further', () => {
  const head = (count: number) => `200\n${'a\n\n'.repeat(count)}\n`;
  assert.equal(readText(head(mostHeaders)).headers.length, mostHeaders);
  assert.throws(
    () => readText(head(mostHeaders + 1)),
    (error) =>
      error instanceof HttpFailure && error.status === 502 && /more than 10000 headers/.test(error.reason!),
  );
});

test('who copies an answer has its bytes, and who adds a header keeps its text', () => {
  const made = json({ name: 'Käse' }, { status: 201 });
  const copied = { ...made, headers: [] };
  assert.deepEqual(JSON.parse(new TextDecoder().decode(copied.body)), { name: 'Käse' });
  const more = withHeader(made, 'X-More', '1');
  assert.deepEqual([more.status, more.headers.at(-1)], [201, ['x-more', '1']]);
  assert.deepEqual(more.body, made.body);
});

test('who changes the bytes of an answer changes what is sent', () => {
  const made = text('bad');
  made.body[0] = 'm'.charCodeAt(0);
  for (const answer of [made, withHeader(made, 'x-more', '1')]) {
    assert.equal(textOf(answer), undefined);
    assert.equal(new TextDecoder().decode(answer.body), 'mad');
  }
  assert.equal(textOf(text('as it was')), 'as it was');
});
