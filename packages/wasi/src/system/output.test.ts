import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputStream } from './input.ts';
import { OutputStream, splice } from './output.ts';
import { StreamEnd } from './stream-end.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

/** A sink whose promises are kept by hand. */
function slowSink() {
  const written: string[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const sink = (chunk: Uint8Array) => {
    written.push(text(chunk));
    const gate = Promise.withResolvers<void>();
    open.push(gate);
    return gate.promise;
  };
  return {
    written,
    sink,
    finish: () => open.shift()!.resolve(),
    fail: () => open.shift()!.reject(new Error('secret')),
  };
}

async function* hello() {
  yield bytes('hello');
}

test('a sink that answers at once makes nobody wait', () => {
  const written: string[] = [];
  const stream = new OutputStream((chunk) => void written.push(text(chunk)));
  assert.equal(stream.writeAndFlush(bytes('a')), undefined);
  assert.equal(stream.flushWaiting(), undefined);
  assert.ok(stream.readiness().ready());
  assert.deepEqual(written, ['a']);
});

test('writing needs the permission of room, and uses it up', () => {
  const written: string[] = [];
  const stream = new OutputStream((chunk) => void written.push(text(chunk)));
  assert.throws(() => stream.write(bytes('a')), /check-write/);
  const room = stream.room() as number;
  stream.write(bytes('b'));
  stream.write(bytes('c'));
  assert.throws(() => stream.write(new Uint8Array(room - 1)), RangeError);
  assert.deepEqual(written, ['b', 'c']);
});

test('while the sink is busy there is no room; permitted writes keep their order', async () => {
  const slow = slowSink();
  const stream = new OutputStream(slow.sink);
  stream.room();
  stream.write(bytes('a'));
  stream.write(bytes('b'));
  assert.deepEqual(slow.written, ['a']);
  assert.equal(stream.room(), 0);
  assert.equal(stream.readiness().ready(), false);
  const flushed = stream.flushWaiting();
  assert.ok(flushed instanceof Promise);
  slow.finish();
  await new Promise(setImmediate);
  assert.deepEqual(slow.written, ['a', 'b']);
  assert.equal(stream.readiness().ready(), false);
  slow.finish();
  assert.equal(await flushed, undefined);
  assert.ok((stream.room() as number) > 0);
});

test('writeAndFlush waits for room, then for its own bytes', async () => {
  const slow = slowSink();
  const stream = new OutputStream(slow.sink);
  const first = stream.writeAndFlush(bytes('a'));
  const second = stream.writeAndFlush(bytes('b'));
  assert.deepEqual(slow.written, ['a']);
  slow.finish();
  assert.equal(await first, undefined);
  await new Promise(setImmediate);
  assert.deepEqual(slow.written, ['a', 'b']);
  slow.finish();
  assert.equal(await second, undefined);
});

test('a sink that fails ends the stream: the failure once, without its reason, then closed', async () => {
  for (const late of [false, true]) {
    const slow = slowSink();
    const stream = new OutputStream(
      late
        ? slow.sink
        : () => {
            throw new Error('secret');
          },
    );
    const answer = stream.writeAndFlush(bytes('a'));
    if (late) slow.fail();
    const end = await answer;
    assert.ok(end instanceof StreamEnd);
    assert.equal(end.error?.message, 'the host could not write this');
    const again = stream.room();
    assert.ok(again instanceof StreamEnd);
    assert.equal(again.error, undefined);
    assert.ok(stream.readiness().ready());
  }
});

test('a failure drops what was still to be written', async () => {
  const slow = slowSink();
  const stream = new OutputStream(slow.sink);
  stream.room();
  stream.write(bytes('a'));
  stream.write(bytes('b'));
  slow.fail();
  await new Promise(setImmediate);
  assert.deepEqual(slow.written, ['a']);
});

test('splice moves what is there, within the limit', async () => {
  const written: string[] = [];
  const to = new OutputStream((chunk) => void written.push(text(chunk)));
  const from = new InputStream(hello());
  assert.equal(splice(to, from, 3), 0);
  await new Promise(setImmediate);
  assert.equal(splice(to, from, 3), 3);
  assert.equal(splice(to, from, 10), 2);
  await from.readWaiting(1);
  assert.ok(splice(to, from, 1) instanceof StreamEnd);
  assert.deepEqual(written.filter(Boolean), ['hel', 'lo']);
});
