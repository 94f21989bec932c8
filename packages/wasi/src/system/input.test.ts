import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputStream } from './input.ts';
import { pollAny } from './pollable.ts';
import { StreamEnd } from './stream-end.ts';

const text = (value: Uint8Array | StreamEnd) => {
  assert.ok(value instanceof Uint8Array);
  return new TextDecoder().decode(value);
};
const bytes = (value: string) => new TextEncoder().encode(value);

async function* failing() {
  yield bytes('a');
  throw new Error('secret');
}

test('without a source it is at its end', () => {
  const stream = new InputStream();
  assert.ok(stream.readiness().ready());
  assert.ok(stream.read(10) instanceof StreamEnd);
  assert.ok(stream.read(0) instanceof StreamEnd);
  assert.ok(stream.readWaiting(10) instanceof StreamEnd);
});

test('the source is asked only when the guest wants bytes, one chunk ahead', async () => {
  let asked = 0;
  async function* source() {
    for (const chunk of ['abc', '', 'de']) {
      asked += 1;
      yield bytes(chunk);
    }
  }
  const stream = new InputStream(source());
  assert.equal(text(stream.read(0)), '');
  await new Promise(setImmediate);
  assert.equal(asked, 0);
  assert.equal(text(stream.read(2)), '');
  await new Promise(setImmediate);
  assert.equal(asked, 1);
  assert.equal(text(stream.read(2)), 'ab');
  assert.equal(text(await stream.readWaiting(2)), 'c');
  assert.equal(asked, 1);
  // The empty chunk is passed over.
  assert.equal(text(await stream.readWaiting(2)), 'de');
  assert.ok((await stream.readWaiting(2)) instanceof StreamEnd);
});

test('what is read is a copy', async () => {
  const chunk = bytes('abc');
  async function* source() {
    yield chunk;
  }
  const stream = new InputStream(source());
  const read = await stream.readWaiting(3);
  chunk.fill(0);
  assert.equal(text(read), 'abc');
});

test('a source that fails: its bytes, the failure once without its reason, then closed', async () => {
  const stream = new InputStream(failing());
  assert.equal(text(await stream.readWaiting(9)), 'a');
  const end = await stream.readWaiting(9);
  assert.ok(end instanceof StreamEnd);
  assert.equal(end.error?.message, 'the source of this stream failed');
  const again = stream.read(9);
  assert.ok(again instanceof StreamEnd && again.error === undefined);
});

test('closing wakes who waits and lets the source go', async () => {
  let returned = false;
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
  const stream = new InputStream(source);
  const waiting = pollAny([stream.readiness()]);
  stream.close();
  assert.deepEqual(await waiting, [0]);
  assert.ok(returned);
  assert.ok(stream.read(1) instanceof StreamEnd);
});
