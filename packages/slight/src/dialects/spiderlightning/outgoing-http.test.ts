import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../../capabilities/core/error.ts';
import type { Exchange } from '../../outgoing/exchange.ts';
import { outgoingHttpInterface } from './outgoing-http.ts';

/** An exchange that has something once it is told so. */
function fakeExchange() {
  let listener: (() => void) | undefined;
  const state = { ready: false, closed: 0, listeners: 0, read: 0 };
  const exchange: Exchange = {
    write: () => undefined,
    finish: () => undefined,
    response: () =>
      Promise.resolve({ status: 200, headers: [['a', 'b']], url: 'http://h/', redirected: false }),
    read: (max) => {
      state.read = max;
      return undefined;
    },
    get ready() {
      return state.ready;
    },
    listen(given) {
      listener = given;
      state.listeners++;
      return () => void state.listeners--;
    },
    over: false,
    close: () => void state.closed++,
  };
  const tell = (ready: boolean) => {
    state.ready = ready;
    listener?.();
  };
  return { exchange, state, tell };
}

const call = (served: ReturnType<typeof outgoingHttpInterface>, name: string, ...args: unknown[]): any =>
  (served[name] as (...args: unknown[]) => unknown)(...args);

test('requests are translated, and so is what came of them', async () => {
  const { exchange, state } = fakeExchange();
  const sent: unknown[] = [];
  const served = outgoingHttpInterface({
    send(request) {
      sent.push(request);
      if (request.url === 'http://evil/') throw new CapabilityError('permission-denied', 'no');
      return exchange;
    },
  });
  const request = { method: 'GET', url: 'http://h/', headers: [], redirect: 'follow', timeoutMs: 7 };
  const send = (more: object) => call(served, '[static]exchange.send', { ...request, ...more });
  assert.deepEqual(send({ body: { tag: 'none' } }), { tag: 'ok', val: exchange });
  send({ body: { tag: 'bytes', val: new Uint8Array([1]) }, timeoutMs: undefined });
  send({ body: { tag: 'stream' } });
  const rest = { method: 'GET', url: 'http://h/', headers: [], redirect: 'follow' };
  assert.deepEqual(sent, [
    { ...rest, body: undefined, timeout: 7 },
    { ...rest, body: new Uint8Array([1]), timeout: undefined },
    { ...rest, body: 'stream', timeout: 7 },
  ]);
  assert.deepEqual(send({ url: 'http://evil/', body: { tag: 'none' } }), {
    tag: 'err',
    val: { code: 'permission-denied', message: 'no', retryable: false, outcome: 'none' },
  });
  assert.equal((await call(served, '[method]exchange.response', exchange)).val.status, 200);
  assert.deepEqual(call(served, '[method]exchange.read', exchange, 2 ** 32 - 1), {
    tag: 'ok',
    val: undefined,
  });
  assert.equal(state.read, 1024 * 1024);
  assert.deepEqual(call(served, '[method]exchange.write', exchange, new Uint8Array(1)), { tag: 'ok' });
  assert.deepEqual(call(served, '[method]exchange.finish', exchange), { tag: 'ok' });
  call(served, '[drop]exchange', exchange);
  assert.equal(state.closed, 1);
});

test('wait waits for any, and for so long', async () => {
  const [one, two] = [fakeExchange(), fakeExchange()];
  const served = outgoingHttpInterface({ send: () => one.exchange });
  const wait = (milliseconds: number) => call(served, 'wait', [one.exchange, two.exchange], milliseconds);
  assert.deepEqual(wait(0), []);
  const waiting = wait(60_000);
  assert.ok(waiting instanceof Promise);
  two.tell(false);
  two.tell(true);
  assert.deepEqual(await waiting, [1]);
  assert.deepEqual([one.state.listeners, two.state.listeners], [0, 0]);
  one.tell(true);
  assert.deepEqual(wait(60_000), [0, 1], 'at once');
  one.tell(false);
  two.tell(false);
  assert.deepEqual(await wait(1), []);
});
