import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createLog } from '../host/log/log.ts';
import { startHttpTrigger } from './http.ts';
import type { HttpTriggerOptions } from './http.ts';

async function serve(t: TestContext, options: Partial<HttpTriggerOptions> = {}) {
  const lines: string[] = [];
  const trigger = await startHttpTrigger({
    address: { host: '127.0.0.1', port: 0 },
    forwarded: false,
    body: 1000,
    bodyTimeout: 5000,
    log: createLog({ write: (text) => void lines.push(text), terminal: false }),
    handle: async () => ({ status: 200, headers: [], body: Buffer.from('served') }),
    ...options,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => {
    agent.destroy();
    return trigger.close(0);
  });
  const ask = async () => {
    const outgoing = request(trigger.url, { agent }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.resume();
    await once(incoming, 'end');
    return { reused: outgoing.reusedSocket, connection: incoming.headers.connection };
  };
  return { trigger, ask, port: Number(new URL(trigger.url).port), lines };
}

test('while it drains, an idle connection may bring one more request', async (t) => {
  const { trigger, ask } = await serve(t);
  assert.deepEqual(await ask(), { reused: false, connection: 'keep-alive' });
  const closed = trigger.close(60_000, 60_000);
  assert.deepEqual(await ask(), { reused: true, connection: 'close' });
  await closed;
  await assert.rejects(ask, { code: 'ECONNREFUSED' });
});

test('where it shall not wait for them, idle connections are closed, also later', async (t) => {
  const { trigger, ask } = await serve(t);
  await ask();
  await trigger.close(60_000);
  const other = await serve(t);
  await other.ask();
  const closed = other.trigger.close(60_000, 60_000);
  await Promise.all([closed, other.trigger.close(60_000, 0)]);
  await assert.rejects(other.ask);
});

test('a connection that was just made may bring its request', async (t) => {
  for (const idle of [0, 1]) {
    const { trigger, port } = await serve(t);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    // Another one was served since, so the server knows of it.
    assert.equal((await fetch(trigger.url)).status, 200);
    const closed = trigger.close(60_000, idle);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 OK\r\n[^]*connection: close/i);
    await closed;
  }
});

test('connections beyond its bound are closed at once, and the log says so once', async (t) => {
  const { port, ask, lines } = await serve(t, { connections: 2 });
  const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  for (let count = 0; count < 3; count++) await assert.rejects(ask);
  assert.equal(lines.filter((line) => /this worker has 2, and takes no more/.test(line)).length, 1);
  const [first] = held;
  first!.destroy();
  await once(first!, 'close');
  for (let tries = 0; ; tries++) {
    // The server learns of it a moment later.
    if ((await ask().catch(() => undefined)) !== undefined) break;
    assert.ok(tries < 1_000, 'there is room again');
  }
  held[1]!.destroy();
});
