import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startProxy } from './proxy.ts';

/** A link to a server that says again what it hears. */
async function startEcho(t: TestContext) {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startProxy((server.address() as AddressInfo).port);
  t.after(async () => {
    await proxy.close();
    server.close();
  });
  return proxy;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let heard = '';
  while (heard.length < text.length) heard += String((await once(socket, 'data'))[0]);
  return heard;
}

void test('a link is cut and healed', async (t) => {
  const proxy = await startEcho(t);
  const first = await dial(proxy.port);
  assert.equal(await ask(first, 'one'), 'one');
  const broken = once(first, 'error');
  await proxy.cut();
  assert.equal(((await broken)[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  await assert.rejects(dial(proxy.port), { code: 'ECONNREFUSED' });
  await proxy.heal();
  const second = await dial(proxy.port);
  assert.equal(await ask(second, 'two'), 'two');
  second.end();
  await once(second, 'close');
});

void test('what is delayed comes later and in its order, also where the delay ends', async (t) => {
  const proxy = await startEcho(t);
  const socket = await dial(proxy.port);
  proxy.delay(60);
  const begun = performance.now();
  const answer = ask(socket, 'one two');
  await new Promise((resolve) => setTimeout(resolve, 10));
  proxy.delay(0);
  socket.write(' three');
  assert.match(await answer, /^one two/);
  assert.ok(performance.now() - begun >= 55);
  socket.end();
  await once(socket, 'close');
});
